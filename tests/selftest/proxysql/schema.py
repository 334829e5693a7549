"""The tables of ProxySQL 2.7 that anybody here asks for, with its own constraints, and its variables' own values."""

TABLES = {
    "mysql_servers": """hostgroup_id INT CHECK (hostgroup_id >= 0) NOT NULL DEFAULT 0, hostname VARCHAR NOT NULL,
        port INT NOT NULL DEFAULT 3306, status VARCHAR NOT NULL DEFAULT 'ONLINE'
        CHECK (UPPER(status) IN ('ONLINE', 'SHUNNED', 'OFFLINE_SOFT', 'OFFLINE_HARD')),
        weight INT CHECK (weight >= 0 AND weight <= 10000000) NOT NULL DEFAULT 1, comment VARCHAR NOT NULL DEFAULT '',
        PRIMARY KEY (hostgroup_id, hostname, port)""",
    "mysql_galera_hostgroups": """writer_hostgroup INT CHECK (writer_hostgroup >= 0) NOT NULL PRIMARY KEY,
        backup_writer_hostgroup INT NOT NULL CHECK (backup_writer_hostgroup <> writer_hostgroup),
        reader_hostgroup INT NOT NULL
        CHECK (reader_hostgroup <> writer_hostgroup AND backup_writer_hostgroup <> reader_hostgroup),
        offline_hostgroup INT NOT NULL
        CHECK (offline_hostgroup <> writer_hostgroup AND offline_hostgroup <> reader_hostgroup),
        active INT CHECK (active IN (0, 1)) NOT NULL DEFAULT 1,
        max_writers INT NOT NULL CHECK (max_writers >= 0) DEFAULT 1,
        writer_is_also_reader INT CHECK (writer_is_also_reader IN (0, 1, 2)) NOT NULL DEFAULT 0,
        max_transactions_behind INT CHECK (max_transactions_behind >= 0) NOT NULL DEFAULT 0, comment VARCHAR,
        UNIQUE (reader_hostgroup), UNIQUE (offline_hostgroup), UNIQUE (backup_writer_hostgroup)""",
    "mysql_users": """username VARCHAR NOT NULL, password VARCHAR,
        active INT CHECK (active IN (0, 1)) NOT NULL DEFAULT 1, default_hostgroup INT NOT NULL DEFAULT 0,
        backend INT CHECK (backend IN (0, 1)) NOT NULL DEFAULT 1,
        frontend INT CHECK (frontend IN (0, 1)) NOT NULL DEFAULT 1, comment VARCHAR NOT NULL DEFAULT '',
        PRIMARY KEY (username, backend), UNIQUE (username, frontend)""",
    "mysql_query_rules": """rule_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        active INT CHECK (active IN (0, 1)) NOT NULL DEFAULT 0, match_digest VARCHAR,
        destination_hostgroup INT DEFAULT NULL, apply INT CHECK (apply IN (0, 1)) NOT NULL DEFAULT 0,
        comment VARCHAR""",
    "global_variables": "variable_name VARCHAR NOT NULL PRIMARY KEY, variable_value VARCHAR NOT NULL",
}
KEPT = tuple(TABLES)
SERVERS = ("mysql_galera_hostgroups", "mysql_servers")
"""What LOAD MYSQL SERVERS is about."""
GALERA_LOG = """CREATE TABLE monitor.mysql_server_galera_log (hostname VARCHAR NOT NULL, port INT NOT NULL DEFAULT 3306,
    time_start_us INT NOT NULL DEFAULT 0, success_time_us INT DEFAULT 0,
    primary_partition VARCHAR NOT NULL DEFAULT 'NO', read_only VARCHAR NOT NULL DEFAULT 'YES',
    wsrep_local_recv_queue INT DEFAULT 0, wsrep_local_state INT DEFAULT 0, wsrep_desync VARCHAR NOT NULL DEFAULT 'NO',
    error VARCHAR, PRIMARY KEY (hostname, port, time_start_us))"""
CONNECT_LOG = """CREATE TABLE monitor.mysql_server_connect_log (hostname VARCHAR NOT NULL,
    port INT NOT NULL DEFAULT 3306, time_start_us INT NOT NULL DEFAULT 0, connect_success_time_us INT DEFAULT 0,
    connect_error VARCHAR, PRIMARY KEY (hostname, port, time_start_us))"""
DEFAULTS = {
    "admin-admin_credentials": "admin:admin",
    "admin-mysql_ifaces": "0.0.0.0:6032",
    "mysql-interfaces": "0.0.0.0:6033",
    "mysql-server_version": "8.0.11",
    "mysql-monitor_enabled": "true",
    "mysql-monitor_username": "monitor",
    "mysql-monitor_password": "monitor",
    "mysql-monitor_galera_healthcheck_interval": "5000",
    "mysql-monitor_galera_healthcheck_timeout": "800",
    "mysql-monitor_galera_healthcheck_max_timeout_count": "3",
}


def statements(database: str) -> list[str]:
    """What makes the tables of a database; the one in memory has those of the run time too."""
    made = [f"CREATE TABLE IF NOT EXISTS {database}.{name} ({columns})" for name, columns in TABLES.items()]
    if database == "main":
        made += [f"CREATE TABLE main.runtime_{name} ({columns})" for name, columns in TABLES.items()]
        made.append(f"CREATE TABLE main.loaded_mysql_servers ({TABLES['mysql_servers']})")
    return made
