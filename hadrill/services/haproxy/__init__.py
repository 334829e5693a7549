"""HAProxy and PgBouncer, the proxies before most services: as they see their servers, and as targets of drills."""
