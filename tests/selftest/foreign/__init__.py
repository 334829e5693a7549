"""What hadrill does with services and components that are not its own, on two machines beside those of the stack."""
