# A unit as a generator leaves it: a shared module in the folder itself, values in a file of variables, the provider generated, and an override beside them.

variable "name" {
  type = string
}

variable "secrets" {
  type = list(object({
    name     = string
    days     = optional(number, 30)
    password = optional(bool, true)
  }))
}

variable "tags" {
  type    = map(string)
  default = {}
}

locals {
  common  = yamldecode(file("${path.module}/common.yaml"))
  secrets = { for secret in var.secrets : secret.name => merge(secret, { path = join("/", compact([local.common.prefix, secret.name])) }) }
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.secrets

  name = each.value.path
  tags = merge(local.common.tags, var.tags)
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = local.secrets

  secret_id     = aws_secretsmanager_secret.this[each.key].id
  secret_string = "{}"
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}

resource "aws_iam_role_policy" "this" {
  name = "secrets"
  role = aws_iam_role.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = flatten([
      [for name, secret in local.secrets : [
        {
          Effect   = "Allow"
          Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
          Resource = aws_secretsmanager_secret.this[name].arn
        },
        secret.password ? [{ Effect = "Allow", Action = ["secretsmanager:GetRandomPassword"], Resource = "*" }] : [],
      ]],
    ])
  })
}

resource "aws_lambda_function" "this" {
  function_name = var.name
  role          = aws_iam_role.this.arn
  handler       = "rotate.handler"
  runtime       = "python3.13"
  timeout       = 60
  s3_bucket     = "deployments"
  s3_key        = "${var.name}.zip"
}

resource "aws_lambda_permission" "this" {
  statement_id   = "secretsmanager"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this.function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = tostring(local.common.account)
}

resource "aws_secretsmanager_secret_rotation" "this" {
  for_each = local.secrets

  secret_id           = aws_secretsmanager_secret.this[each.key].id
  rotation_lambda_arn = aws_lambda_function.this.arn
  rotation_rules {
    automatically_after_days = each.value.days
  }
  depends_on = [aws_lambda_permission.this, aws_iam_role_policy.this, aws_secretsmanager_secret_version.this]
}
