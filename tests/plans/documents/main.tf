variable "extra" {
  default = "{\"Version\":\"2012-10-17\",\"Statement\":{\"Sid\":\"Extra\",\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}}"
}
resource "aws_s3_bucket" "b" {}
resource "aws_secretsmanager_secret" "a" {
  name = "a"
}
resource "aws_secretsmanager_secret" "b" {
  name = "b"
}
resource "aws_iam_role" "r" {
  name               = "r"
  assume_role_policy = "{}"
}
data "aws_iam_policy_document" "plain" {
  statement {
    sid       = "Read"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.a.arn]
  }
}
data "aws_iam_policy_document" "everything" {
  statement {
    effect        = "Deny"
    not_actions   = ["s3:*"]
    not_resources = [aws_secretsmanager_secret.a.arn, "arn:aws:s3:::x/&{aws:username}"]
    not_principals {
      type        = "AWS"
      identifiers = [aws_iam_role.r.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = [aws_secretsmanager_secret.a.arn, aws_secretsmanager_secret.b.arn]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["true"]
    }
  }
  statement {
    actions   = ["*"]
    resources = ["${aws_s3_bucket.b.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
data "aws_iam_policy_document" "merged" {
  source_policy_documents   = [data.aws_iam_policy_document.plain.json, var.extra]
  override_policy_documents = [data.aws_iam_policy_document.over.json]
}
data "aws_iam_policy_document" "over" {
  statement {
    sid       = "Read"
    actions   = ["secretsmanager:*"]
    resources = [aws_secretsmanager_secret.b.arn]
  }
}
data "aws_iam_policy_document" "many" {
  dynamic "statement" {
    for_each = [aws_secretsmanager_secret.a.arn, aws_secretsmanager_secret.b.arn]
    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [statement.value]
    }
  }
}
data "aws_iam_policy_document" "two_in_one" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["${aws_secretsmanager_secret.a.arn}/${aws_secretsmanager_secret.b.arn}"]
  }
}
module "policies" {
  source = "./policies"
  json   = data.aws_iam_policy_document.plain.json
}
resource "aws_iam_role_policy" "plain" {
  role   = aws_iam_role.r.id
  policy = data.aws_iam_policy_document.plain.json
}
resource "aws_iam_role_policy" "everything" {
  role   = aws_iam_role.r.id
  policy = data.aws_iam_policy_document.everything.json
}
resource "aws_iam_role_policy" "merged" {
  role   = aws_iam_role.r.id
  policy = data.aws_iam_policy_document.merged.json
}
resource "aws_iam_role_policy" "many" {
  role   = aws_iam_role.r.id
  policy = data.aws_iam_policy_document.many.json
}
resource "aws_iam_role_policy" "two_in_one" {
  role   = aws_iam_role.r.id
  policy = data.aws_iam_policy_document.two_in_one.json
}
resource "aws_iam_role_policy" "encoded" {
  role = aws_iam_role.r.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.a.arn }]
  })
}
resource "aws_iam_role_policy" "heredoc" {
  role   = aws_iam_role.r.id
  policy = <<-EOT
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "${aws_secretsmanager_secret.a.arn}"}]}
  EOT
}
