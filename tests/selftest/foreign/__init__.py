"""What hadrill does with services that are not its own."""
