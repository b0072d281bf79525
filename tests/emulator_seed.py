"""The account that the AWS stand-in holds: correct rotations, and one rotation for each planted fault, correct but for that fault.

Called once by emulator.py, with one thread, because moto loses writes made in parallel. `seed` returns the manifest that tests/emulator.rs compares
with what a scan finds. A new fault is one entry of FAULTS; what the entry does not mention stays as in a correct rotation.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from functools import cache

import boto3
from botocore.config import Config
from moto.awslambda.utils import get_backend

import emulator_accounts
import emulator_network
import emulator_vpcs

ACCOUNT = "123456789012"
FOREIGN_ACCOUNT = "999999999999"
ORGANIZATION = "o-a1b2c3d4e5"
REPORTING_ROLE = f"arn:aws:iam::{ACCOUNT}:role/reporting"
EU, US = "eu-west-1", "us-east-1"
UK = "eu-west-2"  # holds the one secret of emulator_gate.py, whose rotation is not on yet
SE = "eu-north-1"  # holds the rotations of emulator_guide.py
DE = "eu-central-1"  # holds one rotation, whose function is in a VPC with something of everything
FR = "eu-west-3"  # holds the rotations of emulator_vpcs.py, one in each VPC
SECRETS_MANAGER = "secretsmanager.amazonaws.com"
SECRET_ACTIONS = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]
KEY_ACTIONS = ["kms:Decrypt", "kms:GenerateDataKey"]


class Aws:
    """boto3's clients of the stand-in, made once for each service and region."""

    def __init__(self, endpoint, user_agent=None):
        self.endpoint = endpoint
        self.config = Config(retries={"total_max_attempts": 1}, user_agent_extra=user_agent)
        self.clients = {}

    def client(self, service, region):
        if (service, region) not in self.clients:
            self.clients[service, region] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
                config=self.config,
            )
        return self.clients[service, region]

    def secrets(self, region):
        return self.client("secretsmanager", region)

    def functions(self, region):
        return self.client("lambda", region)

    def kms(self, region):
        return self.client("kms", region)

    def iam(self):
        return self.client("iam", US)


@dataclass
class Rotation:
    """One secret with what rotates it. Only `secret_arn`, `version` and `key_arn` come from AWS; the other ARNs are known from the name."""

    name: str
    region: str
    neighbour: str = ""  # the ARN of a secret of the same region that this rotation has no business with
    secret_arn: str = ""
    version: str = ""
    key_arn: str | None = None

    @property
    def secret(self):
        return f"{self.name}/db"

    @property
    def function(self):
        return f"rotate-{self.name}"

    @property
    def function_arn(self):
        return f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{self.function}"

    @property
    def role(self):
        return f"rotate-{self.name}"

    @property
    def role_arn(self):
        return f"arn:aws:iam::{ACCOUNT}:role/{self.role}"

    def arns(self):
        arns = {"secret_arn": self.secret_arn, "function_arn": self.function_arn, "role_arn": self.role_arn, "key_arn": self.key_arn}
        return {"region": self.region, "secret": self.secret} | arns


# What a correct rotation is made of. Each default is a function of the rotation, and a fault replaces one of them.


def allow(action, resource, condition=None, **more):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource} | more
    return statement | {"Condition": condition} if condition else statement


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust_of(service):
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def permission(principal=SECRETS_MANAGER, statement="rotation", **conditions):
    """The parameters of AddPermission. AWS page: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    return {"StatementId": statement, "Principal": principal, "Action": "lambda:InvokeFunction"} | conditions


def secret_access(r, actions=SECRET_ACTIONS, resource=None, condition=None):
    return allow([f"secretsmanager:{action}" for action in actions], resource or r.secret_arn, condition)


def via_secrets_manager(r, region=None):
    return {"kms:ViaService": f"secretsmanager.{region or r.region}.amazonaws.com"}


def key_access(r, actions=KEY_ACTIONS, resource=None, equals=None, **operators):
    """Use of the key, through Secrets Manager, for this secret: `equals` replaces the StringEquals block, `operators` add others."""
    if equals is None:
        equals = via_secrets_manager(r) | {"kms:EncryptionContext:SecretARN": r.secret_arn}
    return allow(actions, resource or r.key_arn, {"StringEquals": equals} | operators)


def key_statement(actions, principal):
    return allow(actions, "*", Principal=principal)


ACCOUNT_MAY_DELEGATE = key_statement("kms:*", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
RANDOM_PASSWORD = allow("secretsmanager:GetRandomPassword", "*")

CORRECT = {
    "customer_key": False,
    "invoke": lambda r: [permission(SourceAccount=ACCOUNT)],
    "written_invoke": lambda r: [],  # statements that AddPermission cannot make
    "secret_access": secret_access,
    "random_password": lambda r: RANDOM_PASSWORD,
    "key_access": lambda r: key_access(r) if r.key_arn else None,
    "more_access": lambda r: None,
    "boundary": None,
    "key_policy": lambda r: document(ACCOUNT_MAY_DELEGATE),
    "grants": lambda r: [],
    "secret_policy": None,
    "timeout": 30,
    "vpc": None,  # the function's VpcConfig
    "tags": {},  # the function's
    "interfaces": lambda r: interfaces_access(r),  # how Lambda attaches the function to its VPC
    "turned_on": True,  # whether rotation is on
    "finish": True,  # whether the first rotation ends as a rotation function would end it
    "afterwards": lambda aws, r: None,
}


def logs_access(r):
    group = f"arn:aws:logs:{r.region}:{ACCOUNT}:log-group:/aws/lambda/{r.function}"
    return allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [group, f"{group}:*"])


def interfaces_access(r):
    """What Lambda attaches a function to a VPC with, denied to the function's code.
    AWS page: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"""
    actions = [f"ec2:{action}NetworkInterface{plural}" for action, plural in (("Create", ""), ("Delete", ""), ("Describe", "s"))]
    code = {"ArnEquals": {"lambda:SourceFunctionArn": r.function_arn}}
    return allow(actions, "*"), allow(actions, "*", code, Effect="Deny")


@cache
def code():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("lambda_function.py", "def lambda_handler(event, context):\n    pass\n")
    return archive.getvalue()


# Building one rotation, in the order in which ARNs become known.


def rotation(aws, name, region, neighbour="", **changes):
    unknown = changes.keys() - CORRECT.keys()
    if unknown:
        raise KeyError(f"{name}: no such part of a rotation: {unknown}")
    parts = CORRECT | changes
    r = Rotation(name, region, neighbour)
    create_secret(aws, r, parts)
    create_role(aws, r, parts)
    create_function(aws, r, parts)
    if parts["turned_on"]:
        rotate(aws, r, parts)
    parts["afterwards"](aws, r)
    return r


def create_secret(aws, r, parts):
    key = {}
    if parts["customer_key"]:
        metadata = aws.kms(r.region).create_key(Description=f"key of {r.secret}")["KeyMetadata"]
        r.key_arn = metadata["Arn"]
        aws.kms(r.region).create_alias(AliasName=f"alias/{r.name}", TargetKeyId=r.key_arn)
        key = {"KmsKeyId": r.key_arn}
    answer = aws.secrets(r.region).create_secret(Name=r.secret, SecretString='{"username":"app","password":"first"}', **key)
    r.secret_arn, r.version = answer["ARN"], answer["VersionId"]
    if r.key_arn:
        aws.kms(r.region).put_key_policy(KeyId=r.key_arn, PolicyName="default", Policy=parts["key_policy"](r))
        for grant in parts["grants"](r):
            aws.kms(r.region).create_grant(KeyId=r.key_arn, **grant)
    if parts["secret_policy"]:
        aws.secrets(r.region).put_resource_policy(SecretId=r.secret_arn, ResourcePolicy=parts["secret_policy"](r))


def create_role(aws, r, parts):
    boundary = {}
    if parts["boundary"]:
        policy = aws.iam().create_policy(PolicyName=f"{r.role}-boundary", PolicyDocument=parts["boundary"](r))
        boundary = {"PermissionsBoundary": policy["Policy"]["Arn"]}
    aws.iam().create_role(RoleName=r.role, AssumeRolePolicyDocument=trust_of("lambda.amazonaws.com"), **boundary)
    statements = [parts[part](r) for part in ("secret_access", "random_password", "key_access", "more_access")]
    statements = [statement for statement in statements if statement]
    aws.iam().put_role_policy(RoleName=r.role, PolicyName="rotation", PolicyDocument=document(*statements))
    aws.iam().put_role_policy(RoleName=r.role, PolicyName="logs", PolicyDocument=document(logs_access(r)))
    if parts["vpc"]:
        aws.iam().put_role_policy(RoleName=r.role, PolicyName="interfaces", PolicyDocument=document(*parts["interfaces"](r)))


def create_function(aws, r, parts):
    vpc = {"VpcConfig": parts["vpc"]} if parts["vpc"] else {}
    aws.functions(r.region).create_function(
        FunctionName=r.function,
        **vpc,
        Runtime="python3.12",
        Role=r.role_arn,
        Handler="lambda_function.lambda_handler",
        Code={"ZipFile": code()},
        Timeout=parts["timeout"],
        Tags=parts["tags"],
        Environment={"Variables": {"SECRETS_MANAGER_ENDPOINT": f"https://secretsmanager.{r.region}.amazonaws.com"}},
    )
    for parameters in parts["invoke"](r):
        aws.functions(r.region).add_permission(FunctionName=r.function, **parameters)
    # moto has no PutResourcePolicy for functions, the one call that writes other conditions, so they go straight into its memory.
    held = get_backend(ACCOUNT, r.region).get_function(r.function).policy
    held.statements.extend(parts["written_invoke"](r))


def rotate(aws, r, parts):
    """Turns rotation on. moto's stub of the function does nothing and leaves AWSPENDING on an empty version, so the four steps are done here."""
    secrets = aws.secrets(r.region)
    rules = {"AutomaticallyAfterDays": 30}
    secrets.rotate_secret(SecretId=r.secret_arn, RotationLambdaARN=r.function_arn, RotationRules=rules)
    if not parts["finish"]:
        return
    stages = secrets.describe_secret(SecretId=r.secret_arn)["VersionIdsToStages"]
    pending = next(version for version, labels in stages.items() if "AWSPENDING" in labels)
    value = '{"username":"app","password":"second"}'
    secrets.put_secret_value(SecretId=r.secret_arn, ClientRequestToken=pending, SecretString=value, VersionStages=["AWSPENDING"])
    secrets.update_secret_version_stage(
        SecretId=r.secret_arn, VersionStage="AWSCURRENT", MoveToVersionId=pending, RemoveFromVersionId=r.version
    )
    secrets.update_secret_version_stage(SecretId=r.secret_arn, VersionStage="AWSPENDING", RemoveFromVersionId=pending)
    r.version = pending


# Pieces that several faults share.


def earlier_secret(r):
    """The ARN that a deleted secret of the same name had: another random suffix."""
    return r.secret_arn.rpartition("-")[0] + "-Zz9Yy8"


def grant_to(principal, operations=("Decrypt", "GenerateDataKey"), **constraints):
    grant = {"GranteePrincipal": principal, "Operations": list(operations)}
    return grant | {"Constraints": constraints} if constraints else grant


def subset(r):
    return {"EncryptionContextSubset": {"SecretARN": r.secret_arn}}


def written_statement(r, **condition):
    statement = {"Sid": "written", "Effect": "Allow", "Principal": {"Service": SECRETS_MANAGER}, "Action": "lambda:InvokeFunction"}
    return statement | {"Resource": r.function_arn, "Condition": condition}


def context(r, name="SecretARN", value=None):
    return via_secrets_manager(r) | {f"kms:EncryptionContext:{name}": value or r.secret_arn}


def pinned_version(r):
    return {"kms:EncryptionContext:SecretVersionId": r.version}


def without(action):
    return [each for each in SECRET_ACTIONS if each != action]


def trust_only_ec2(aws, r):
    # CreateFunction refuses such a role, so on AWS the trust policy was changed later, as here.
    aws.iam().update_assume_role_policy(RoleName=r.role, PolicyDocument=trust_of("ec2.amazonaws.com"))


def disable_key(aws, r):
    # moto's DisableKey knows key ids only and answers 500 to an ARN.
    aws.kms(r.region).disable_key(KeyId=r.key_arn.rpartition("/")[2])


def drop_current_label(aws, r):
    # AWSPREVIOUS follows AWSCURRENT; the version that it leaves gets a label of its own, since DescribeSecret shows no version without one.
    secrets = aws.secrets(r.region)
    stages = secrets.describe_secret(SecretId=r.secret_arn)["VersionIdsToStages"]
    previous = next(version for version, labels in stages.items() if "AWSPREVIOUS" in labels)
    secrets.update_secret_version_stage(SecretId=r.secret_arn, VersionStage="kept", MoveToVersionId=previous)
    secrets.update_secret_version_stage(SecretId=r.secret_arn, VersionStage="AWSCURRENT", RemoveFromVersionId=r.version)


def boundary_without_put(r):
    return document(secret_access(r, without("PutSecretValue")), RANDOM_PASSWORD, logs_access(r))


def key_policy_for_the_service_alone(r):
    administration = ["kms:Describe*", "kms:Get*", "kms:List*", "kms:Put*", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"]
    administrator = key_statement(administration, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/key-administrator"})
    return document(administrator, key_statement(KEY_ACTIONS, {"Service": SECRETS_MANAGER}))


def only_through_an_endpoint(r):
    deny = {"Sid": "OnlyThroughOurEndpoint", "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
    return document(deny | {"Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}})


def public_but_for_other_rotations(r):
    # Without the Deny every other rotation role could read this secret too, and no rotation of the account would be correct.
    rotation_roles = f"arn:aws:iam::{ACCOUNT}:role/rotate-*"
    others = {"ArnLike": {"aws:PrincipalArn": rotation_roles}, "ArnNotEquals": {"aws:PrincipalArn": r.role_arn}}
    read = {"Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    return document({"Effect": "Allow"} | read, {"Effect": "Deny"} | read | {"Condition": others})


@dataclass
class Fault:
    """A catalogue entry, the region it is planted in, what else a scan may rightly say of the same rotation, and what differs from CORRECT."""

    id: str
    region: str
    changes: dict
    may_also: tuple = ()


def fault(id, region, may_also=(), **changes):
    return Fault(id, region, changes, tuple(may_also))


def key_fault(id, region, may_also=(), **changes):
    return fault(id, region, may_also, customer_key=True, **changes)


def another_functions_arn(r):
    return {"ArnEquals": {"secretsmanager:resource/AllowRotationLambdaArn": f"{r.function_arn}-old"}}


FAULTS = [
    # Who may invoke the function.
    fault("CD-01", EU, invoke=lambda r: [permission()]),
    fault("CD-02", US, ["CD-01"], invoke=lambda r: [], written_invoke=lambda r: [written_statement(r, StringLike={"AWS:SourceAccount": "*"})]),
    fault("CD-03", EU, ["CD-01", "PRIV-01"], invoke=lambda r: [permission()], secret_access=lambda r: secret_access(r, resource="*")),
    fault(
        "CD-06",
        EU,
        invoke=lambda r: [permission(SourceAccount=ACCOUNT), permission("s3.amazonaws.com", "uploads", SourceAccount=ACCOUNT)],
    ),
    fault("CD-09", US, ["CD-01", "CD-06"], invoke=lambda r: [permission(SourceAccount=ACCOUNT), permission("*", "everybody")]),
    fault("INV-01", EU, invoke=lambda r: []),
    fault("INV-02", EU, ["INV-01"], invoke=lambda r: [permission(SourceAccount=ACCOUNT, SourceArn=r.neighbour)]),
    fault("INV-03", US, ["INV-01", "INV-02"], invoke=lambda r: [permission(SourceAccount=ACCOUNT, SourceArn=earlier_secret(r))]),
    # Written, because moto's AddPermission keeps only one of SourceAccount and PrincipalOrgID.
    fault(
        "INV-05",
        EU,
        ["INV-01"],
        invoke=lambda r: [],
        written_invoke=lambda r: [written_statement(r, StringEquals={"AWS:SourceAccount": ACCOUNT, "aws:PrincipalOrgID": ORGANIZATION})],
    ),
    fault("INV-09", EU, ["INV-01"], afterwards=lambda aws, r: aws.functions(r.region).delete_function(FunctionName=r.function)),
    fault(
        "INV-11",
        US,
        afterwards=lambda aws, r: aws.functions(r.region).put_function_concurrency(
            FunctionName=r.function, ReservedConcurrentExecutions=0
        ),
    ),
    # What the execution role may do.
    fault("ROLE-01", EU, secret_access=lambda r: secret_access(r, without("UpdateSecretVersionStage"))),
    fault("ROLE-02", US, random_password=lambda r: allow("secretsmanager:GetRandomPassword", r.secret_arn)),
    fault("ROLE-03", EU, ["ROLE-01"], secret_access=lambda r: secret_access(r, resource=r.secret_arn.rpartition("-")[0])),
    fault("ROLE-04", EU, ["ROLE-01"], secret_access=lambda r: secret_access(r, condition=another_functions_arn(r))),
    fault("ROLE-09", US, ["PRIV-06"], afterwards=trust_only_ec2),
    fault("ROLE-10", EU, ["ROLE-01"], boundary=boundary_without_put),
    fault(
        "ROLE-12", EU, ["ROLE-01"], secret_access=lambda r: secret_access(r, condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})
    ),
    fault("PRIV-01", EU, more_access=lambda r: allow("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{r.region}:{ACCOUNT}:secret:*")),
    fault("PRIV-02", US, secret_access=lambda r: allow("secretsmanager:*", r.secret_arn)),
    fault("PRIV-03", EU, ["ESC-02"], more_access=lambda r: allow("iam:PassRole", "*")),
    # The secret's key.
    key_fault("KMS-01", EU, ["KMS-02"], key_access=lambda r: None),
    key_fault("KMS-02", US, key_access=lambda r: key_access(r, ["kms:Decrypt"])),
    key_fault("KMS-03", EU, ["KMS-01", "KMS-02", "KMS-15"], key_access=lambda r: key_access(r, equals=context(r, value=r.neighbour))),
    key_fault("KMS-04", EU, ["KMS-01", "KMS-02"], key_access=lambda r: key_access(r, equals=context(r) | pinned_version(r))),
    key_fault("KMS-05", US, ["KMS-01", "KMS-02"], key_access=lambda r: key_access(r, equals=context(r, "SecretId"))),
    key_fault("KMS-07", EU, ["KMS-01", "KMS-02"], key_access=lambda r: key_access(r, equals=context(r) | via_secrets_manager(r, "us-west-2"))),
    key_fault("KMS-10", EU, afterwards=disable_key),
    key_fault("KMS-14", US, ["KMS-01", "KMS-02"], key_policy=key_policy_for_the_service_alone),
    key_fault("KMS-15", EU, key_access=lambda r: key_access(r, equals=via_secrets_manager(r))),
    key_fault(
        "KMS-17", EU, ["KMS-15", "KMS-16"], key_access=lambda r: key_access(r, "kms:GenerateDataKey"), more_access=lambda r: allow("kms:Decrypt", "*")
    ),
    key_fault(
        "KMS-18",
        US,
        ["KMS-15"],
        # ForAllValues holds for a call that brings no encryption context at all: one that the role makes of KMS itself.
        key_access=lambda r: key_access(
            r, equals={"kms:CallerAccount": ACCOUNT}, **{"ForAllValues:StringEquals": {"kms:EncryptionContext:SecretARN": r.secret_arn}}
        ),
    ),
    key_fault(
        "KMS-20", EU, ["KMS-15", "KMS-16"], key_policy=lambda r: document(ACCOUNT_MAY_DELEGATE, key_statement("kms:Decrypt", {"AWS": "*"}))
    ),
    # Grants on the key. Where the grant is what the rotation lives on, the role's own policy says nothing about the key.
    key_fault(
        "GRT-02",
        EU,
        ["KMS-01", "KMS-02"],
        key_access=lambda r: None,
        grants=lambda r: [grant_to(r.role_arn, EncryptionContextEquals={"SecretARN": r.secret_arn, "SecretVersionId": r.version})],
    ),
    key_fault(
        "GRT-03",
        US,
        ["KMS-01", "KMS-02", "KMS-15"],
        key_access=lambda r: None,
        grants=lambda r: [grant_to(r.role_arn, EncryptionContextSubset={"SecretARN": earlier_secret(r)})],
    ),
    key_fault("GRT-04", EU, grants=lambda r: [grant_to(REPORTING_ROLE)]),
    key_fault("GRT-05", EU, grants=lambda r: [grant_to(f"arn:aws:iam::{FOREIGN_ACCOUNT}:root", ["Decrypt"], **subset(r))]),
    key_fault("GRT-06", US, ["KMS-21"], grants=lambda r: [grant_to(REPORTING_ROLE, ["Decrypt", "CreateGrant"], **subset(r))]),
    key_fault(
        "GRT-09", EU, ["GRT-01", "KMS-02"], key_access=lambda r: None, grants=lambda r: [grant_to(r.role_arn, ["Decrypt"], **subset(r))]
    ),
    # The secret's own policy, its versions and schedule, the function.
    fault("SEC-01", EU, ["ROLE-01"], secret_policy=only_through_an_endpoint),
    fault("SEC-04", US, secret_policy=public_but_for_other_rotations),
    fault("ROT-03", EU, ["ROT-04"], finish=False),
    fault("ROT-05", EU, afterwards=drop_current_label),
    fault("ROT-06", US, ["ROT-01"], afterwards=lambda aws, r: aws.secrets(r.region).cancel_rotate_secret(SecretId=r.secret_arn)),
    fault("FN-02", EU, timeout=3),
    fault(
        "FN-06",
        EU,
        afterwards=lambda aws, r: aws.functions(r.region).create_function_url_config(FunctionName=r.function, AuthType="NONE"),
    ),
]

# Failure modes of the catalogue's first release that moto cannot hold, each with what it lacks.
NOT_HELD = {
    "INV-04": "a function of another account can be seeded, but RotateSecret looks for it in the secret's account only",
    "INV-06": "one policy is returned for every qualifier of a function, and its Resource has no qualifier",
    "ROLE-05": "whether a master secret is used is written in the secret's value",
    "KMS-11": "the role of another account needs a function there, see INV-04; the alias aws/secretsmanager has KeyManager CUSTOMER",
    "KMS-12": "ListSecretVersionIds returns no KmsKeyIds",
    "ROT-02": "the dates of a rotation are those of the run and cannot be moved into the past",
    "ROT-04": "ListSecretVersionIds also lists versions without a value, so an empty one looks written; the stuck label itself is ROT-03",
    "SCH-01": "ScheduleExpression and Duration are dropped",
    "SCH-02": "ScheduleExpression and Duration are dropped",
    "SCH-03": "ScheduleExpression and Duration are dropped",
    "FN-01": "functions are Active as soon as they are made",
    "ROLE-11": "the functions of a deleted role show no state or reason code",
}


def vpcs(aws):
    """A rotation in each VPC of emulator_vpcs.py."""

    def planted(each):
        name = each.id.lower()
        place = emulator_vpcs.Place(ACCOUNT, FR, f"{name}/db")
        config, arns = emulator_vpcs.build(aws.client("ec2", FR), place, each.changes)
        return {"id": each.id} | rotation(aws, name, FR, vpc=config, tags=each.tags).arns() | arns

    return {
        "region": FR,
        "place": f"{ACCOUNT}/{FR}",
        "beside_endpoint": planted(emulator_vpcs.BESIDE_ENDPOINT),
        "behind_nat": planted(emulator_vpcs.BEHIND_NAT),
        "faults": [planted(each) for each in emulator_vpcs.FAULTS],
    }


def seed(endpoint):
    """Builds everything and returns the manifest."""
    emulator_network.tell_the_vpc_of_functions()
    aws = Aws(endpoint)
    for name in ("reporting", "key-administrator"):
        aws.iam().create_role(RoleName=name, AssumeRolePolicyDocument=trust_of("ec2.amazonaws.com"))
    managed = {EU: rotation(aws, "orders", EU), US: rotation(aws, "catalog", US)}
    customer = [rotation(aws, "billing", EU, customer_key=True), rotation(aws, "shipping", US, customer_key=True)]
    correct = [*managed.values(), *customer]
    planted = []
    for each in FAULTS:
        r = rotation(aws, each.id.lower(), each.region, managed[each.region].secret_arn, **each.changes)
        planted.append({"id": each.id, "may_also": list(each.may_also)} | r.arns())
    network = emulator_network.build(aws, DE)
    groups = {"SubnetIds": [network["private_subnet"]], "SecurityGroupIds": [network["function_group"]]}
    rotation(aws, "vault", DE, vpc=groups)
    return {
        "account": ACCOUNT,
        "regions": [EU, US],
        "network": {"region": DE, "place": f"{ACCOUNT}/{DE}"} | network,
        "vpcs": vpcs(aws),
        "organization": emulator_accounts.build(aws, code()),
        "correct": [r.secret for r in correct],
        "faults": planted,
        "not_held": NOT_HELD,
    }
