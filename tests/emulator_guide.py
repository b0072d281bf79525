"""Rotations set up as the AWS guide says, and twelve of them with one thing broken, each in the words in which people meet it.

The guide's pages: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_turn-on-for-other.html (not a database),
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets_strategies.html (single user, alternating users) and
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html (the role). emulator_seed.py builds them;
tests/emulator/guide.rs holds what a scan and a gate must say. A new symptom is one entry of SYMPTOMS.
"""

from dataclasses import dataclass, field

import emulator_seed as seed
import emulator_vpcs

TEMPLATE = {"SecretsManagerLambda": "Rotation"}
INTERFACES = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DetachNetworkInterface"]
STRATEGIES = ("generic", "single", "alternating")


@dataclass
class Setup:
    """One of the guide's setups."""

    strategy: str
    customer_key: bool
    in_vpc: bool

    @property
    def name(self):
        return "-".join(["guide", self.strategy, "customer-key" if self.customer_key else "managed-key", "vpc" if self.in_vpc else "no-vpc"])


SETUPS = [Setup(strategy, key, vpc) for strategy in STRATEGIES for key in (False, True) for vpc in (False, True)]
GENERIC, SINGLE = Setup("generic", False, False), Setup("single", True, True)
SINGLE_OUTSIDE, ALTERNATING = Setup("single", True, False), Setup("alternating", False, True)


@dataclass
class Symptom:
    """What people see, the setup in which they see it, and the one thing that is broken: in the rotation or in its VPC."""

    id: str
    seen: str
    setup: Setup
    changes: dict = field(default_factory=dict)
    vpc: dict = field(default_factory=dict)


SYMPTOMS = [
    Symptom("cannot-invoke", "Secrets Manager cannot invoke the specified Lambda function", GENERIC, {"invoke": lambda r: []}),
    Symptom("kms-not-allowed", "Access to KMS is not allowed", SINGLE_OUTSIDE, {"key_access": lambda r: None}),
    Symptom("key-disabled", "Access to KMS is not allowed, and the policies are right", SINGLE, {"afterwards": seed.disable_key}),
    Symptom("not-complete", "A previous rotation isn't complete. That rotation will be reattempted.", GENERIC, {"finish": False}),
    Symptom("times-out", "The log stops after: Found credentials in environment variables", ALTERNATING, vpc={"endpoint": None}),
    Symptom("stops-after-create", "The log stops after createSecret", SINGLE, vpc={"answers": False}),
    Symptom("task-timed-out", "Task timed out after 3.00 seconds", SINGLE_OUTSIDE, {"timeout": 3}),
    Symptom("no-stage", "Secret version has no stage for rotation", GENERIC, {"afterwards": seed.drop_current_label}),
    Symptom(
        "random-password",
        "User is not authorized to perform secretsmanager:GetRandomPassword",
        ALTERNATING,
        {"random_password": lambda r: seed.allow("secretsmanager:GetRandomPassword", r.secret_arn)},
    ),
    Symptom(
        "update-stage",
        "User is not authorized to perform secretsmanager:UpdateSecretVersionStage",
        SINGLE,
        {"secret_access": lambda r: seed.secret_access(r, seed.without("UpdateSecretVersionStage"))},
    ),
    Symptom(
        "endpoint-policy",
        "because no VPC endpoint policy allows the secretsmanager:PutSecretValue action",
        ALTERNATING,
        vpc={
            "endpoint": lambda place: emulator_vpcs.own_account(place, [call for call in emulator_vpcs.CALLS if call != "PutSecretValue"])
        },
    ),
    Symptom("explicit-deny", "with an explicit deny in a resource-based policy", GENERIC, {"secret_policy": seed.only_through_an_endpoint}),
]


def key_access(r):
    """The guide's statement for a customer managed key."""
    context = {"StringEquals": {"kms:EncryptionContext:SecretARN": r.secret_arn}}
    return seed.allow(["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], r.key_arn, context) if r.key_arn else None


def planted(aws, name, setup, changes, vpc):
    """A rotation of this setup, with these changes, in a VPC of its own if it is in one."""
    parts = {"customer_key": setup.customer_key, "key_access": key_access}
    if setup.strategy != "generic":
        parts["tags"] = TEMPLATE
    if setup.strategy == "alternating":
        superuser = aws.secrets(seed.SE).create_secret(Name=f"{name}/superuser", SecretString='{"username":"root","password":"first"}')["ARN"]
        parts["more_access"] = lambda r: seed.allow("secretsmanager:GetSecretValue", superuser)
    arns = {}
    if setup.in_vpc:
        place = emulator_vpcs.Place(seed.ACCOUNT, seed.SE, f"{name}/db")
        parts["vpc"], arns = emulator_vpcs.build(aws.client("ec2", seed.SE), place, vpc)
        parts["interfaces"] = lambda r: [seed.allow(INTERFACES, "*")]
    return {"name": name} | seed.rotation(aws, name, seed.SE, **(parts | changes)).arns() | arns


def build(aws):
    symptoms = [
        planted(aws, f"seen-{each.id}", each.setup, each.changes, each.vpc) | {"id": each.id, "seen": each.seen} for each in SYMPTOMS
    ]
    return {"region": seed.SE, "setups": [planted(aws, each.name, each, {}, {}) for each in SETUPS], "symptoms": symptoms}
