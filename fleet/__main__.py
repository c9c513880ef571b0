"""`python -m fleet` is the `futurepark` command."""

import sys

from fleet.app.main import main

sys.exit(main())
