# SPDX-License-Identifier: Apache-2.0
"""MiniStack, whose CloudFormation gets the three types of AWS Batch that it lacks: they are listed, nothing runs in them.
Run as a program, with MiniStack on PYTHONPATH and its settings in the environment."""
import json

from ministack.app import main
from ministack.services import batch
from ministack.services.cloudformation import provisioners
from ministack.services.stepfunctions import _pascal_to_camel


def handlers(create, name, arn, attribute, store):
    """How a type is made and removed: by Batch's own calls."""
    def made(logical_id, properties, stack_name):
        wanted = _pascal_to_camel(properties)
        wanted.setdefault(name, f"{stack_name}-{logical_id}")
        status, _, body = create(wanted)
        said = json.loads(body)
        if status >= 400:
            raise ValueError(said.get("message", str(said)))
        return said[arn], {attribute: said[arn]}

    def removed(physical_id, _properties):
        store().pop(physical_id.split("/")[-1].split(":")[0], None)

    return {"create": made, "delete": removed}


provisioners._RESOURCE_HANDLERS.update({
    "AWS::Batch::ComputeEnvironment": handlers(batch._create_compute_environment, "computeEnvironmentName",
                                               "computeEnvironmentArn", "ComputeEnvironmentArn", lambda: batch._compute_envs),
    "AWS::Batch::JobQueue": handlers(batch._create_job_queue, "jobQueueName", "jobQueueArn", "JobQueueArn",
                                     lambda: batch._job_queues),
    "AWS::Batch::JobDefinition": handlers(batch._register_job_definition, "jobDefinitionName", "jobDefinitionArn",
                                          "JobDefinitionArn", lambda: batch._job_definitions)})

if __name__ == "__main__":
    main()
