//! A client for the few calls of Hive's metastore that change a table in one transaction.
