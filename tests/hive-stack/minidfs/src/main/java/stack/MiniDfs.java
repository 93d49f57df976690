package stack;

import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/**
 * args: base dir, NameNode RPC port, NameNode HTTP (WebHDFS) port, number of DataNodes, and, if wanted, the address to bind (127.0.0.1)
 * and the port of the DataNode where there is one; port 0 = a free one. Whatever it binds, clients are sent to 127.0.0.1.
 * Writes conf/core-site.xml for clients, prints READY, stops on SIGTERM. Formats the cluster at every start.
 */
public class MiniDfs {
  public static void main(String[] a) throws Exception {
    Owner.watch();
    File base = new File(a[0]).getAbsoluteFile();
    int nodes = Integer.parseInt(a[3]);
    Configuration c = new HdfsConfiguration();
    c.set("dfs.replication", String.valueOf(Math.min(3, nodes)));
    c.set("dfs.namenode.fs-limits.min-block-size", "1024");
    c.set("hadoop.user.group.static.mapping.overrides", "hive=hive;alice=alice;bob=bob;" + System.getProperty("user.name") + "=supergroup");
    for (String u : new String[] {"hive", System.getProperty("user.name")}) {   // for hive.server2.enable.doAs
      c.set("hadoop.proxyuser." + u + ".hosts", "*");
      c.set("hadoop.proxyuser." + u + ".groups", "*");
    }
    String krb = System.getProperty("stack.krb");
    if (krb != null) {
      Secured.servers(c, new File(krb), System.getProperty("stack.protection", "authentication"));
    }
    String bind = a.length > 4 ? a[4] : "127.0.0.1";
    String data = a.length > 5 ? a[5] : "0";
    c.set("dfs.namenode.rpc-bind-host", bind);
    c.set("dfs.namenode.http-bind-host", bind);
    boolean fixed = !data.equals("0");
    if (fixed) {
      c.set("dfs.datanode.address", bind + ":" + data);
      c.set("dfs.datanode.http.address", "127.0.0.1:0");
      c.set("dfs.datanode.ipc.address", "127.0.0.1:0");
    }
    MiniDFSCluster dfs = new MiniDFSCluster.Builder(c, new File(base, "data")).checkDataNodeAddrConfig(fixed)
        .nameNodePort(Integer.parseInt(a[1])).nameNodeHttpPort(Integer.parseInt(a[2]))
        .numDataNodes(nodes).format(true).build();
    dfs.waitActive();
    FileSystem fs = dfs.getFileSystem();
    for (String d : new String[] {"/tmp", "/tmp/hive", "/user", "/user/hive", "/user/hive/warehouse", "/user/hive/external", "/staging"}) {
      fs.mkdirs(new Path(d));
      fs.setPermission(new Path(d), new FsPermission((short) 01777));
    }
    String uri = "hdfs://127.0.0.1:" + dfs.getNameNodePort();
    Configuration site = new Configuration(false);
    site.set("fs.defaultFS", uri);
    site.set("hadoop.user.group.static.mapping.overrides", c.get("hadoop.user.group.static.mapping.overrides"));
    site.set("dfs.replication", c.get("dfs.replication"));
    site.set("dfs.client.block.write.replace-datanode-on-failure.policy", "NEVER");
    if (krb != null) {
      Secured.clients(c, site);
    }
    File conf = new File(base, "conf");
    conf.mkdirs();
    try (OutputStream o = new FileOutputStream(new File(conf, "core-site.xml"))) {
      site.writeXml(o);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> dfs.shutdown()));
    System.out.println("READY hdfs=" + uri + " webhdfs=http://127.0.0.1:" + dfs.getNameNode().getHttpAddress().getPort() + "/webhdfs/v1"
        + " control=127.0.0.1:" + Control.listen(dfs));
    Thread.currentThread().join();
  }
}
