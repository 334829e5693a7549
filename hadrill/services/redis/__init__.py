"""Redis with a Sentinel beside each member, and HAProxy in front. Redis' words: master, replica."""
