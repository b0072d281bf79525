"""An organization of its own in the AWS stand-in. Its rotations have their secret and key in one account, their function and role in another; one is stopped by a
service control policy and one by a resource control policy. emulator_seed.py calls `build`; tests/emulator/accounts.rs compares what it returns with a scan.
"""

import json
from types import SimpleNamespace

import boto3
from moto.secretsmanager.models import secretsmanager_backends

MANAGEMENT = "210987654321"
REGION = "ap-southeast-2"
ROLE = "rotaudit"
ACTIONS = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def keys_of(aws, account):
    """The credentials of a role in another account, by which the stand-in knows whose account is meant."""
    role = f"arn:aws:iam::{account}:role/{ROLE}"
    return aws.client("sts", REGION).assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]


def clients(aws, account):
    """A maker of clients of that account."""
    keys = keys_of(aws, account)
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)
    return lambda service: session.client(service, endpoint_url=aws.endpoint)


def organization(aws):
    """The organization, its two units and three member accounts; one of them is closed."""
    client = clients(aws, MANAGEMENT)("organizations")
    id = client.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    root = client.list_roots()["Roots"][0]["Id"]
    for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        client.enable_policy_type(RootId=root, PolicyType=kind)
    unit = lambda name, parent: client.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]
    workloads = unit("workloads", root)
    units = {"data": workloads, "functions": unit("central", workloads), "closed": root}
    accounts = {}
    for name, parent in units.items():
        made = client.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
        accounts[name] = made["AccountId"]
        client.move_account(AccountId=accounts[name], SourceParentId=root, DestinationParentId=parent)
    client.close_account(AccountId=accounts["closed"])
    return SimpleNamespace(client=client, id=id, root=root, workloads=workloads, central=units["functions"], **accounts)


def control(org, name, kind, statement, target):
    policy = org.client.create_policy(Name=name, Description=name, Type=kind, Content=document(statement))["Policy"]["PolicySummary"]
    org.client.attach_policy(PolicyId=policy["Id"], TargetId=target)


def rotation(data, functions, org, name, code):
    """A rotation across the two accounts that is right in all that they say themselves; the ARN of its secret."""
    role = f"arn:aws:iam::{org.functions}:role/rotate-{name}"
    function = f"arn:aws:lambda:{REGION}:{org.functions}:function:rotate-{name}"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    functions("iam").create_role(RoleName=f"rotate-{name}", AssumeRolePolicyDocument=document(trust))
    use = ["kms:Decrypt", "kms:GenerateDataKey"]
    delegates = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{org.data}:root"}, "Action": "kms:*", "Resource": "*"}
    key_policy = document(delegates, {"Effect": "Allow", "Principal": {"AWS": role}, "Action": use, "Resource": "*"})
    key = data("kms").create_key(Policy=key_policy)["KeyMetadata"]["Arn"]
    secret = data("secretsmanager").create_secret(Name=f"{name}/db", SecretString="{}", KmsKeyId=key)["ARN"]
    of_secret = [f"secretsmanager:{action}" for action in ACTIONS]
    ours = {"StringEquals": {"aws:PrincipalOrgID": org.id}}
    open_to_role = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": of_secret, "Resource": "*", "Condition": ours}
    data("secretsmanager").put_resource_policy(SecretId=secret, ResourcePolicy=document(open_to_role))
    via = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com", "kms:EncryptionContext:SecretARN": secret}
    permissions = document(
        {"Effect": "Allow", "Action": of_secret, "Resource": secret},
        {"Effect": "Allow", "Action": "secretsmanager:GetRandomPassword", "Resource": "*"},
        {"Effect": "Allow", "Action": use, "Resource": key, "Condition": {"StringEquals": via}},
    )
    functions("iam").put_role_policy(RoleName=f"rotate-{name}", PolicyName="rotation", PolicyDocument=permissions)
    functions("lambda").create_function(
        FunctionName=f"rotate-{name}", Runtime="python3.12", Role=role, Handler="f.f", Code={"ZipFile": code}, Timeout=30
    )
    invoke = {"Principal": "secretsmanager.amazonaws.com", "SourceAccount": org.data, "Action": "lambda:InvokeFunction"}
    functions("lambda").add_permission(FunctionName=f"rotate-{name}", StatementId="rotation", **invoke)
    # RotateSecret looks for the function in the secret's account only, so what it would note is noted here.
    held = secretsmanager_backends[org.data][REGION].secrets[f"{name}/db"]
    held.rotation_requested, held.rotation_lambda_arn, held.rotation_enabled, held.auto_rotate_after_days = True, function, True, 30
    return secret


def build(aws, code):
    org = organization(aws)
    data, functions = clients(aws, org.data), clients(aws, org.functions)
    secrets = {name: rotation(data, functions, org, name, code) for name in ("shared", "frozen", "sealed")}
    frozen = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/rotate-frozen"}}
    no_values = {"Sid": "NoValues", "Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": frozen}
    control(org, "Frozen", "SERVICE_CONTROL_POLICY", no_values, org.workloads)
    no_changes = {"Sid": "NoChanges", "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:PutSecretValue"}
    no_changes["Resource"] = "arn:aws:secretsmanager:*:*:secret:sealed/*"
    control(org, "Sealed", "RESOURCE_CONTROL_POLICY", no_changes, org.data)
    keys = keys_of(aws, MANAGEMENT)
    return {
        "region": REGION,
        "id": org.id,
        "root": org.root,
        "units": {"workloads": org.workloads, "central": org.central},
        "accounts": {"management": MANAGEMENT, "data": org.data, "functions": org.functions, "closed": org.closed},
        "secrets": secrets,
        "keys": {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        },
    }
