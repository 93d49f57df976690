//! Publishes into Apache Hive: tables over directories of HDFS, replaced whole or appended to in one act.

pub mod journal;
