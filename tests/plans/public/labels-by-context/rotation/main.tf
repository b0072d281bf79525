variable "context" { type = any }

variable "secrets" {
  type = map(string)
}

variable "policies" {
  type    = list(string)
  default = []
}

locals {
  enabled = module.this.enabled
  actions = {
    each = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]
    all  = ["GetRandomPassword"]
  }
  statements = concat(
    [for arn in values(var.secrets) : {
      Effect   = "Allow"
      Action   = [for action in local.actions["each"] : "secretsmanager:${action}"]
      Resource = arn
    }],
    [for action in local.actions["all"] : { Effect = "Allow", Action = "secretsmanager:${action}", Resource = "*" }],
  )
}

module "this" {
  source = "../label"

  context = var.context
}

data "aws_iam_policy_document" "assume" {
  count = local.enabled ? 1 : 0

  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  count = local.enabled ? 1 : 0

  name               = module.this.id
  assume_role_policy = one(data.aws_iam_policy_document.assume[*].json)
  tags               = module.this.tags
}

resource "aws_iam_policy" "this" {
  count = local.enabled ? 1 : 0

  name   = "${module.this.id}-secrets"
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_iam_role_policy_attachment" "this" {
  count = local.enabled ? 1 : 0

  role       = one(aws_iam_role.this[*].name)
  policy_arn = one(aws_iam_policy.this[*].arn)
}

resource "aws_lambda_function" "this" {
  count = local.enabled ? 1 : 0

  function_name = module.this.id
  role          = one(aws_iam_role.this[*].arn)
  handler       = "rotate.handler"
  runtime       = "python3.13"
  timeout       = 60
  s3_bucket     = "deployments"
  s3_key        = "rotate.zip"
  tags          = module.this.tags
}

resource "aws_lambda_permission" "this" {
  for_each = local.enabled ? var.secrets : {}

  statement_id   = format("secret-%s", each.key)
  action         = "lambda:InvokeFunction"
  function_name  = one(aws_lambda_function.this[*].function_name)
  principal      = "secretsmanager.amazonaws.com"
  source_account = split(":", each.value)[4]
}

output "arn" {
  value = join("", aws_lambda_function.this[*].arn)
}
