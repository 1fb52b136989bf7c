"""``python -m edgequake``: the command line."""

from edgequake.cli import main

if __name__ == "__main__":
    main()
