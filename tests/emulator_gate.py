"""A secret that is to rotate and does not yet, because nobody has let Secrets Manager invoke its function; and the people who mend that and turn rotation on.

emulator_seed.py builds it. As a program, `emulator_gate.py ENDPOINT permit|turn-on` does to the running stand-in what somebody at a terminal would do between
two runs of `rotaudit gate`, which itself changes nothing. tests/emulator/gate.rs runs it.
"""

import sys

import emulator_seed

USER_AGENT = "somebody-at-a-terminal"  # the stand-in's log leaves out what is asked under this name
DEPLOYER = "gate-deployer"


def build(aws):
    r = emulator_seed.rotation(aws, "gate", emulator_seed.UK, customer_key=True, invoke=lambda r: [], turned_on=False)
    aws.iam().create_role(RoleName=DEPLOYER, AssumeRolePolicyDocument=emulator_seed.trust_of("codebuild.amazonaws.com"))
    this_function = {"StringEquals": {"secretsmanager:RotationLambdaARN": r.function_arn}}
    rotate = emulator_seed.allow("secretsmanager:RotateSecret", r.secret_arn, this_function)
    turns_on = rotate, emulator_seed.allow("lambda:InvokeFunction", r.function_arn)
    aws.iam().put_role_policy(RoleName=DEPLOYER, PolicyName="rotation", PolicyDocument=emulator_seed.document(*turns_on))
    return {"deployer_arn": f"arn:aws:iam::{emulator_seed.ACCOUNT}:role/{DEPLOYER}"} | r.arns()


def permit(aws, r):
    permission = emulator_seed.permission(SourceAccount=emulator_seed.ACCOUNT)
    aws.functions(r.region).add_permission(FunctionName=r.function, **permission)


def turn_on(aws, r):
    secret = aws.secrets(r.region).describe_secret(SecretId=r.secret)
    r.secret_arn, r.version = secret["ARN"], next(iter(secret["VersionIdsToStages"]))
    emulator_seed.rotate(aws, r, emulator_seed.CORRECT)


def main(endpoint, step):
    aws = emulator_seed.Aws(endpoint, USER_AGENT)
    {"permit": permit, "turn-on": turn_on}[step](aws, emulator_seed.Rotation("gate", emulator_seed.UK))


if __name__ == "__main__":
    main(*sys.argv[1:])
