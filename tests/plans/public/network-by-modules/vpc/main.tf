variable "create_vpc" {
  type    = bool
  default = true
}
variable "name" { type = string }
variable "cidr" { type = string }
variable "azs" {
  type    = list(string)
  default = []
}
variable "private_subnets" {
  type    = list(string)
  default = []
}
variable "single_route_table" {
  type    = bool
  default = false
}

locals {
  len_private_subnets    = max(length(var.private_subnets))
  create_private_subnets = var.create_vpc && local.len_private_subnets > 0
  vpc_id                 = try(aws_vpc_ipv4_cidr_block_association.this[0].vpc_id, aws_vpc.this[0].id, "")
}

resource "aws_vpc" "this" {
  count = var.create_vpc ? 1 : 0

  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }
}

resource "aws_vpc_ipv4_cidr_block_association" "this" {
  count = 0

  vpc_id     = aws_vpc.this[0].id
  cidr_block = "100.64.0.0/16"
}

resource "aws_subnet" "private" {
  count = local.create_private_subnets ? local.len_private_subnets : 0

  availability_zone = length(regexall("^[a-z]{2}-", element(var.azs, count.index))) > 0 ? element(var.azs, count.index) : null
  cidr_block        = element(concat(var.private_subnets, [""]), count.index)
  vpc_id            = local.vpc_id
  tags              = { Name = format("${var.name}-private-%s", element(var.azs, count.index)) }
}

resource "aws_route_table" "private" {
  count = local.create_private_subnets ? (var.single_route_table ? 1 : local.len_private_subnets) : 0

  vpc_id = local.vpc_id
}

resource "aws_route_table_association" "private" {
  count = local.create_private_subnets ? local.len_private_subnets : 0

  subnet_id      = element(aws_subnet.private[*].id, count.index)
  route_table_id = element(aws_route_table.private[*].id, var.single_route_table ? 0 : count.index)
}

output "vpc_id" {
  value = try(aws_vpc.this[0].id, null)
}

output "private_subnets" {
  value = aws_subnet.private[*].id
}

output "private_subnets_cidr_blocks" {
  value = compact(aws_subnet.private[*].cidr_block)
}
