"""The server's own command: `seedbed-server-airflow`."""

from servers.airflow.server import server

main = server.run

if __name__ == "__main__":
    main()
