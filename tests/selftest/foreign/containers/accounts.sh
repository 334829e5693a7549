# What `hadrill adopt` asks an administrator for: $1 is the service.
case $1 in
postgres)
    docker exec shop-postgres psql -h /tmp -U postgres -v ON_ERROR_STOP=1 \
        -c "CREATE ROLE hadrill LOGIN PASSWORD 'looks-at-the-shop' IN ROLE pg_monitor" -c "CREATE DATABASE hadrill OWNER hadrill"
    ;;
mariadb)
    docker exec shop-mariadb mariadb -uroot -psql-of-the-shop -e "
        CREATE DATABASE hadrill; CREATE USER hadrill@'%' IDENTIFIED BY 'looks-at-the-shop'; GRANT ALL ON hadrill.* TO hadrill@'%'"
    ;;
rabbitmq)
    docker exec shop-rabbit sh -c "rabbitmqctl add_vhost hadrill && rabbitmqctl add_user hadrill looks-at-the-shop &&
        rabbitmqctl set_permissions -p hadrill hadrill '.*' '.*' '.*' && rabbitmqctl set_user_tags hadrill monitoring"
    ;;
esac
