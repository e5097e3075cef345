#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `pip download` without the step in which pip executes a source distribution's setup.py.

pip runs setup.py to learn a name and a version that PKG-INFO states anyway; here it reads PKG-INFO.
Usage: fetch_sdists.py REQUIREMENTS DIRECTORY
"""
import pathlib
import sys

from pip._internal.cli.main import main
from pip._internal.distributions.sdist import SourceDistribution
from pip._internal.metadata import get_metadata_distribution
from pip._internal.req.req_install import InstallRequirement
from pip._vendor.packaging.utils import canonicalize_name


def distribution_as_shipped(requirement):
    """What PKG-INFO says; stands in for what pip learns from running setup.py."""
    contents = pathlib.Path(requirement.unpacked_source_directory, "PKG-INFO").read_bytes()
    return get_metadata_distribution(contents, requirement.link.filename, canonicalize_name(requirement.name))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for replaced in (SourceDistribution, "prepare_distribution_metadata"), (InstallRequirement, "get_dist"):
        if not hasattr(*replaced):
            sys.exit(f"fetch_sdists.py: this pip has no {replaced[1]}; use the one of Debian's python3-pip")
    SourceDistribution.prepare_distribution_metadata = lambda *_args, **_kwargs: None
    InstallRequirement.get_dist = distribution_as_shipped
    sys.exit(main(["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes",
                   "--disable-pip-version-check", "-r", sys.argv[1], "-d", sys.argv[2]]))
