# SPDX-License-Identifier: Apache-2.0
"""Dagster as its documentation has it: an asset with dynamic partitions, a run for each partition that arrived."""
import dagster

import lots

partitions = dagster.DynamicPartitionsDefinition(name="lots")


@dagster.asset(partitions_def=partitions)
def copied(context: dagster.AssetExecutionContext) -> None:
    lots.copy(context.partition_key)


def run(names):
    with dagster.DagsterInstance.get() as instance:
        instance.add_dynamic_partitions("lots", names)
        for name in names:
            dagster.materialize([copied], partition_key=name, instance=instance)


if __name__ == "__main__":
    lots.main(run, lambda name: run([name]))
