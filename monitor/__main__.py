"""`python -m monitor` is `queuewatch`."""

from monitor.cli import main

if __name__ == "__main__":
    main()
