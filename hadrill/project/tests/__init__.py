"""The suite: basic, hosts, failover, chaos. Tests of your own may stand beside it."""
