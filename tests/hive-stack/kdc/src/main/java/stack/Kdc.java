package stack;

import java.io.File;
import java.nio.file.Files;
import java.util.Properties;
import org.apache.hadoop.minikdc.MiniKdc;

/**
 * A Kerberos KDC for the realm EXAMPLE.COM. args: base dir. Writes krb/krb5.conf and the keytabs krb/hdfs.keytab,
 * krb/hive.keytab and krb/alice.keytab below it.
 */
public class Kdc {
  public static void main(String[] a) throws Exception {
    long start = System.currentTimeMillis();
    Owner.watch();
    File krb = new File(new File(a[0]).getAbsoluteFile(), "krb");
    File work = new File(krb, "kdc");
    work.mkdirs();
    Properties conf = MiniKdc.createConf();
    conf.setProperty(MiniKdc.KDC_BIND_ADDRESS, "127.0.0.1");
    MiniKdc kdc = new MiniKdc(conf, work);
    kdc.start();
    Runtime.getRuntime().addShutdownHook(new Thread(kdc::stop));
    kdc.createPrincipal(new File(krb, "hdfs.keytab"), "hdfs/localhost");
    kdc.createPrincipal(new File(krb, "hive.keytab"), "hive/localhost", "HTTP/localhost");
    kdc.createPrincipal(new File(krb, "alice.keytab"), "alice");
    // Names are taken as they are said: what a machine calls itself must not decide which principal is asked for.
    String text = "[libdefaults]\n default_realm = " + kdc.getRealm() + "\n udp_preference_limit = 1\n"
        + " dns_lookup_kdc = false\n dns_lookup_realm = false\n dns_canonicalize_hostname = false\n rdns = false\n"
        + "[realms]\n " + kdc.getRealm() + " = {\n  kdc = 127.0.0.1:" + kdc.getPort() + "\n }\n";
    Files.writeString(new File(krb, "krb5.conf").toPath(), text);
    System.out.println("READY kdc=127.0.0.1:" + kdc.getPort() + " realm=" + kdc.getRealm() + " krb5_conf=" + new File(krb, "krb5.conf")
        + " ms=" + (System.currentTimeMillis() - start));
    Thread.currentThread().join();
  }
}
