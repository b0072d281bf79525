# A key made by a registry-like module: administrators, statements and grants as lists and maps, and an alias that the secrets name.

locals {
  account = "111122223333"
  grants = {
    rotate = {
      grantee_principal = aws_iam_role.rotate.arn
      operations        = ["Decrypt", "GenerateDataKey"]
      constraints       = [{ encryption_context_subset = { SecretVersionId = "AWSCURRENT" } }]
    }
  }
}

module "kms" {
  source = "./key"

  description        = "Secrets of the shop"
  account            = local.account
  key_administrators = ["arn:aws:iam::${local.account}:role/admin"]
  key_statements = [
    {
      sid        = "Rotation"
      actions    = ["kms:Decrypt", "kms:GenerateDataKey"]
      principals = [{ type = "AWS", identifiers = [aws_iam_role.rotate.arn] }]
      conditions = [{ test = "StringEquals", variable = "kms:ViaService", values = ["secretsmanager.eu-west-1.amazonaws.com"] }]
    },
  ]
  aliases = ["shop/secrets"]
}

# The same, where a grant with a constraint that no call fulfils takes the place of the statement.
module "kms_granted" {
  source = "./key"

  description        = "Secrets of the shop's suppliers"
  account            = local.account
  key_administrators = ["arn:aws:iam::${local.account}:role/admin"]
  aliases            = ["shop/suppliers"]
  grants             = local.grants
}

resource "aws_secretsmanager_secret" "shop" {
  name       = "shop/db"
  kms_key_id = module.kms.key_arn
}

resource "aws_secretsmanager_secret" "suppliers" {
  name       = "suppliers/db"
  kms_key_id = module.kms_granted.key_arn
}

resource "aws_iam_role" "rotate" {
  name = "rotate-shop"
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
    Statement = [
      {
        Effect   = "Allow"
        Action   = formatlist("secretsmanager:%s", ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"])
        Resource = values({ for secret in [aws_secretsmanager_secret.shop, aws_secretsmanager_secret.suppliers] : secret.name => secret.arn })
      },
      { Effect = "Allow", Action = "secretsmanager:GetRandomPassword", Resource = "*" },
    ]
  })
}

resource "aws_lambda_function" "rotate" {
  function_name = "rotate-shop"
  role          = aws_iam_role.rotate.arn
  handler       = "rotate.handler"
  runtime       = "python3.13"
  timeout       = 60
  s3_bucket     = "deployments"
  s3_key        = "rotate-shop.zip"
}

resource "aws_lambda_permission" "rotate" {
  statement_id   = "secretsmanager"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.rotate.function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account
}

resource "aws_secretsmanager_secret_version" "shop" {
  secret_id     = aws_secretsmanager_secret.shop.id
  secret_string = "{}"
}

resource "aws_secretsmanager_secret_version" "suppliers" {
  secret_id     = aws_secretsmanager_secret.suppliers.id
  secret_string = "{}"
}

resource "aws_secretsmanager_secret_rotation" "shop" {
  secret_id           = aws_secretsmanager_secret.shop.id
  rotation_lambda_arn = aws_lambda_function.rotate.arn
  rotation_rules {
    automatically_after_days = 30
  }
  depends_on = [aws_lambda_permission.rotate, aws_iam_role_policy.rotate, aws_secretsmanager_secret_version.shop]
}

resource "aws_secretsmanager_secret_rotation" "suppliers" {
  secret_id           = aws_secretsmanager_secret.suppliers.id
  rotation_lambda_arn = aws_lambda_function.rotate.arn
  rotation_rules {
    automatically_after_days = 30
  }
  depends_on = [aws_lambda_permission.rotate, aws_iam_role_policy.rotate, aws_secretsmanager_secret_version.suppliers]
}
