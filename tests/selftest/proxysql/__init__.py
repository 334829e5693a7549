"""A stand-in for ProxySQL: a process of its own that speaks MySQL's protocol and refuses what the real one refuses.

No package registry carries ProxySQL. What is imitated was seen on ProxySQL 2.7 in front of MariaDB 11.8, or read in its
source: the tables of its administration port and what loads and saves them, who may log in there, what its monitor
makes of Galera's nodes. Clients on its other port reach the writer over plain TCP; queries are not looked at.
"""
