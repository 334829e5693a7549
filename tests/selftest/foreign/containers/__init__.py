"""Every service in containers that nobody's unit keeps, before proxies of the distribution: set up by plain scripts.

As small companies have it: `docker run --restart always`, data below a folder of the administrator's, HAProxy and
PgBouncer as packages, and a line of cron that tells HAProxy which Redis is the master. Nothing of hadrill's is used.
"""
