"""``python -m partnersignal``."""

from partnersignal.cli import main

if __name__ == "__main__":
    main()
