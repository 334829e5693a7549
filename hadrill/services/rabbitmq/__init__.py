"""RabbitMQ with quorum queues, behind HAProxy. RabbitMQ's words: a queue has a leader and followers."""
