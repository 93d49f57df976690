# The secured stack: a KDC, and HDFS, metastore and HiveServer2s that ask for Kerberos. Sourced by stack.sh.

start_kdc() { # list of servers; none unless one of them wants it
  local name secured=0 open=0
  for name in $1; do
    case $name in kerberos*) secured=1 ;; *) open=1 ;; esac
  done
  [ $secured = 1 ] || return 0
  [ $open = 0 ] || fail "servers with and without Kerberos are two stacks, for HDFS and the metastore are secured too"
  launch kdc "$here/kdc/target/classes:$(cat "$here/kdc/target/cp")" -Xmx256m stack.Kdc "$base"
  wait_ready kdc
}

kerberos_options() { # of every JVM of a secured stack
  [ ! -f "$base/krb/krb5.conf" ] || echo "-Djava.security.krb5.conf=$base/krb/krb5.conf" "-Dstack.krb=$base/krb" \
    "-Dstack.protection=${HDFS_PROTECTION:-authentication}"
}

kerberos_settings() { # of metastore and HiveServer2s, as servers and as clients of each other
  [ ! -f "$base/krb/krb5.conf" ] || echo hadoop.security.authentication=kerberos hive.metastore.sasl.enabled=true \
    hive.metastore.kerberos.principal=hive/localhost@EXAMPLE.COM "hive.metastore.kerberos.keytab.file=$base/krb/hive.keytab" \
    yarn.resourcemanager.principal=hive/localhost@EXAMPLE.COM
}

kerberos_server() { # qop
  echo hive.server2.authentication=KERBEROS hive.server2.thrift.sasl.qop="$1" $(kerberos_settings) \
    hive.server2.authentication.kerberos.principal=hive/localhost@EXAMPLE.COM \
    "hive.server2.authentication.kerberos.keytab=$base/krb/hive.keytab" \
    hive.server2.authentication.spnego.principal=HTTP/localhost@EXAMPLE.COM \
    "hive.server2.authentication.spnego.keytab=$base/krb/hive.keytab"
}
