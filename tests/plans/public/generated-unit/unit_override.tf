# Somebody wanted the role to leave one secret alone, and put it over the shared files.
resource "aws_iam_role_policy" "this" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = flatten([
      [for name, secret in local.secrets : {
        Effect   = "Allow"
        Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
        Resource = aws_secretsmanager_secret.this[name].arn
      } if !contains(["broker"], name)],
      { Effect = "Allow", Action = ["secretsmanager:GetRandomPassword"], Resource = "*" },
    ])
  })
}
