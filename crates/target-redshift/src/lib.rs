//! Publishes into Amazon Redshift: COPY from S3 inside one transaction, with what the table keeps.
