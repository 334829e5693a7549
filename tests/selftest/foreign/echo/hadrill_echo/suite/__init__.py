"""Echo's part of the suites that users run: checks in basic/, drills in failover/."""
