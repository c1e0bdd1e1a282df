terraform {
  required_version = ">= 1.6"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.40"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.5"
    }
  }
}

variable "region" {
  type        = string
  description = "Where everything lives"
  default     = "eu-central-1"
}

variable "retention_days" {
  type    = number
  default = 30
}

provider "aws" {
  region = var.region
}

resource "random_id" "suffix" {
  byte_length = 4
}

resource "aws_s3_bucket" "logs" {
  bucket = "logs-${random_id.suffix.hex}"
  tags = {
    team = "platform"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    id     = "expire"
    status = "Enabled"
    expiration {
      days = var.retention_days
    }
  }
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "/app/main"
  retention_in_days = var.retention_days
  tags = {
    team = "platform"
    tier = "app"
  }
}

output "bucket" {
  value       = aws_s3_bucket.logs.id
  description = "Where logs go"
}
