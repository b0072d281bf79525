# Secrets by for_each over a registry-like module that makes policy, rotation and value by switches.

locals {
  account = "111122223333"
  secrets = {
    "billing/db" = { rotate = true, days = 30, readers = ["arn:aws:iam::111122223333:role/billing"] }
    "billing/ro" = { rotate = true, days = 7, readers = ["*"] }
    "billing/pw" = { rotate = false }
  }
}

resource "aws_iam_role" "rotate" {
  name = "rotate-billing"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "rotate" {
  name = "rotate"
  role = aws_iam_role.rotate.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for name, secret in module.secrets : {
        Sid      = "Rotate${join("", [for word in split("/", name) : title(word)])}"
        Effect   = "Allow"
        Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
        Resource = secret.secret_arn
      } if try(local.secrets[name].rotate, false)],
      [{ Effect = "Allow", Action = "secretsmanager:GetRandomPassword", Resource = "*" }],
    )
  })
}

resource "aws_lambda_function" "rotate" {
  function_name = "rotate-billing"
  role          = aws_iam_role.rotate.arn
  handler       = "rotate.handler"
  runtime       = "python3.13"
  timeout       = 60
  s3_bucket     = "deployments"
  s3_key        = "rotate-billing.zip"
}

resource "aws_lambda_permission" "rotate" {
  for_each = { for name, secret in module.secrets : name => secret.secret_arn if try(local.secrets[name].rotate, false) }

  statement_id   = replace(each.key, "/", "-")
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.rotate.function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account
  source_arn     = each.value
}

module "secrets" {
  source   = "./secret"
  for_each = local.secrets

  name          = each.key
  secret_string = jsonencode({ password = "changed by the first rotation" })

  create_policy = length(try(each.value.readers, [])) > 0
  policy_statements = {
    read = {
      sid        = "Readers"
      actions    = ["secretsmanager:GetSecretValue"]
      principals = [{ type = "AWS", identifiers = try(each.value.readers, []) }]
    }
  }
}

resource "aws_secretsmanager_secret_rotation" "this" {
  for_each = { for name, secret in local.secrets : name => secret if secret.rotate }

  secret_id           = module.secrets[each.key].secret_id
  rotation_lambda_arn = aws_lambda_function.rotate.arn
  rotation_rules {
    automatically_after_days = each.value.days
  }
  depends_on = [aws_lambda_permission.rotate, aws_iam_role_policy.rotate, module.secrets]
}
