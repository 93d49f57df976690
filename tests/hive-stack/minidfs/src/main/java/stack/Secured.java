package stack;

import java.io.File;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.UserGroupInformation;

/** What makes HDFS ask for Kerberos: for the servers, and for their clients. */
final class Secured {
  private static final String[] FOR_CLIENTS = {
    "hadoop.security.authentication", "hadoop.security.authorization", "hadoop.rpc.protection",
    "dfs.namenode.kerberos.principal", "dfs.data.transfer.protection", "dfs.block.access.token.enable"};

  private Secured() {}

  /**
   * Sets up the servers and logs this JVM in.
   *
   * @param krb has hdfs.keytab and hive.keytab
   * @param protection authentication, integrity or privacy, for RPC and for data
   */
  static void servers(Configuration c, File krb, String protection) throws Exception {
    String hdfs = "hdfs/localhost@EXAMPLE.COM";
    String keytab = new File(krb, "hdfs.keytab").getPath();
    c.set("hadoop.security.authentication", "kerberos");
    c.set("hadoop.security.authorization", "true");
    c.set("hadoop.rpc.protection", protection);
    c.set("dfs.namenode.kerberos.principal", hdfs);
    c.set("dfs.namenode.keytab.file", keytab);
    c.set("dfs.datanode.kerberos.principal", hdfs);
    c.set("dfs.datanode.keytab.file", keytab);
    c.set("dfs.web.authentication.kerberos.principal", "HTTP/localhost@EXAMPLE.COM");
    c.set("dfs.web.authentication.kerberos.keytab", new File(krb, "hive.keytab").getPath());
    c.set("dfs.block.access.token.enable", "true");
    c.set("dfs.data.transfer.protection", protection);
    // DataNodes want either privileged ports or HTTPS besides; neither matters to what is tested.
    c.set("ignore.secure.ports.for.testing", "true");
    c.set("hadoop.user.group.static.mapping.overrides", "hdfs=supergroup;hive=hive;alice=alice;bob=bob");
    UserGroupInformation.setConfiguration(c);
    UserGroupInformation.loginUserFromKeytab(hdfs, keytab);
  }

  /** Copies what clients have to know. */
  static void clients(Configuration servers, Configuration site) {
    for (String key : FOR_CLIENTS) {
      site.set(key, servers.get(key));
    }
  }
}
