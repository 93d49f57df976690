//! The real binary against a Hive, a metastore and an HDFS that ask for Kerberos.
//!
//! `HIVE_KERBEROS_STACK` names the base folder of a stack that runs with `SERVERS="kerberos kerberos-int kerberos-conf"`,
//! and the environment must have the ticket of its user alice: `tests/kerberos.sh` sees to both. Without it the tests are
//! left out.

mod place;
mod publishes;
