"""What the command lines of the benchmarks have in common."""


def add_rounds(parser):
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="of each, in turn (default: 7)")
    parser.add_argument("--seconds", type=int, default=3, metavar="N", help="of each run (default: 3)")


def add_load_beside_nginx(parser):
    """How long and how hard snapgate and nginx are loaded in turn."""
    add_rounds(parser)
    parser.add_argument("--threads", type=int, default=2, metavar="N",
                        help="of snapgate, and workers of nginx (default: 2)")
    parser.add_argument("--connections", type=int, default=16, metavar="N", help="default: 16")


def add_fresh(parser):
    parser.add_argument("--fresh", action="store_true", help="load the data anew")


def parse_with_cases(parser, cases):
    """Adds --only and --strict and parses. `only` is then a list out of `cases`, all without the option."""
    parser.add_argument("--only", default=",".join(cases), metavar="CASE,...", help=f"of {', '.join(cases)}")
    parser.add_argument("--strict", action="store_true", help="end with 1 if a budget is missed")
    options = parser.parse_args()
    options.only = options.only.split(",")
    unknown = set(options.only) - set(cases)
    if unknown:
        parser.error(f"there is no case {', '.join(sorted(unknown))}: {', '.join(cases)}")
    return options
