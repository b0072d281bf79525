# One secret for each tenant, and a pattern of names that the last of them does not follow.

variable "tenants" {
  type = map(string)
  default = {
    alpha = "tenants/alpha/db"
    beta  = "tenants/beta/db"
    gamma = "gamma/db"
  }
}

resource "aws_secretsmanager_secret" "db" {
  for_each = var.tenants
  name     = each.value
}

resource "aws_secretsmanager_secret_version" "db" {
  for_each      = aws_secretsmanager_secret.db
  secret_id     = each.value.id
  secret_string = "{}"
}

resource "aws_iam_role" "rotate" {
  name = "rotate-tenants"
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
        Effect = "Allow"
        Action = [
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetSecretValue",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:tenants/*"
      },
      { Effect = "Allow", Action = "secretsmanager:GetRandomPassword", Resource = "*" },
    ]
  })
}

resource "aws_lambda_function" "rotate" {
  function_name = "rotate-tenants"
  role          = aws_iam_role.rotate.arn
  handler       = "rotate.handler"
  runtime       = "python3.13"
  timeout       = 60
  s3_bucket     = "deployments"
  s3_key        = "rotate-tenants.zip"
}

resource "aws_lambda_permission" "rotate" {
  for_each      = aws_secretsmanager_secret.db
  statement_id  = "tenant-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.rotate.function_name
  principal     = "secretsmanager.amazonaws.com"
  source_arn    = each.value.arn
}

resource "aws_secretsmanager_secret_rotation" "db" {
  for_each            = aws_secretsmanager_secret.db
  secret_id           = each.value.id
  rotation_lambda_arn = aws_lambda_function.rotate.arn
  rotation_rules {
    schedule_expression = "rate(14 days)"
  }
}
