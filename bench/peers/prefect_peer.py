# SPDX-License-Identifier: Apache-2.0
"""Prefect as its documentation has it: a flow that maps a task over the lots, against a local `prefect server`."""
from prefect import flow, task

import lots


@task
def copy(lot):
    lots.copy(lot)


@flow
def copy_all(names):
    copy.map(names).result()


@flow
def copy_one(name):
    copy(name)


if __name__ == "__main__":
    lots.main(copy_all, copy_one)
