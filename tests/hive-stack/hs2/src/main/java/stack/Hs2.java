package stack;

import java.io.File;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.derby.tools.ij;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hive.conf.HiveConf;
import org.apache.hive.service.server.HiveServer2;

/**
 * args: base dir, name of the server, then key=value pairs that override stack-site.xml. Ports are free ones
 * unless these name others.
 * The directories conf-hs2-NAME/ and conf/ of the base dir must be on the class path: the first gets hive-site.xml, the
 * second holds core-site.xml.
 */
public class Hs2 {
  public static void main(String[] a) throws Exception {
    long start = System.currentTimeMillis();
    File base = new File(a[0]).getAbsoluteFile();
    Owner.watch();
    String name = a[1];
    System.setProperty("derby.system.home", base.getPath());
    System.setProperty("derby.stream.error.file", new File(base, "derby.log").getPath());
    File db = new File(base, "metastore_db");
    String url = "jdbc:derby:" + db;
    boolean remote = java.util.Arrays.stream(a).anyMatch(x -> x.startsWith("hive.metastore.uris="));
    if (!remote && !db.exists()) {
      createSchema(url);
    }
    Configuration site = new Configuration(false);
    site.addResource("stack-site.xml");
    site.set("stack.base", new File(base, "local-" + name).getPath());
    site.set("javax.jdo.option.ConnectionURL", url);
    site.set("hive.server2.thrift.port", String.valueOf(port("0")));
    site.set("hive.server2.thrift.http.port", String.valueOf(port("0")));
    for (int i = 2; i < a.length; i++) {
      int eq = a[i].indexOf('=');
      site.set(a[i].substring(0, eq), a[i].substring(eq + 1));
    }
    port = site.getInt("hive.server2.thrift.port", port);
    http = site.getInt("hive.server2.thrift.http.port", http);
    try (OutputStream o = new FileOutputStream(new File(base, "conf-hs2-" + name + "/hive-site.xml"))) {
      site.writeXml(o);
    }

    HiveConf conf = new HiveConf();
    HiveServer2 server = new HiveServer2();
    server.init(conf);
    server.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop()));
    String mode = conf.get("hive.server2.transport.mode");
    boolean binary = !mode.equals("http");
    boolean overHttp = !mode.equals("binary");
    if (binary) {
      await(port);
    }
    if (overHttp) {
      await(http);
    }
    System.out.println("READY" + (binary ? " thrift=127.0.0.1:" + port : "") + (overHttp ? " http=http" + (conf.getBoolean("hive.server2.use.SSL", false) ? "s" : "") + "://127.0.0.1:" + http + "/cliservice" : "")
        + " auth=" + conf.get("hive.server2.authentication") + " ms=" + (System.currentTimeMillis() - start));
    Thread.currentThread().join();
  }

  static void createSchema(String url) throws Exception {
    String script = "/hive-schema-" + System.getProperty("stack.schema", "4.0.0") + ".derby.sql";
    try (Connection c = DriverManager.getConnection(url + ";create=true", "APP", "mine");
         InputStream in = Hs2.class.getResourceAsStream(script)) {
      int errors = ij.runScript(c, in, "UTF-8", OutputStream.nullOutputStream(), "UTF-8");
      if (errors > 0) {
        throw new IllegalStateException(errors + " errors in " + script);
      }
    }
  }

  static int port(String s) throws Exception {
    if (!s.equals("0")) {
      return Integer.parseInt(s);
    }
    // Below the ports that systems give to clients: one of those may be given away before the server binds it.
    for (int i = 0; ; i++) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 32_000);
      try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return port;
      } catch (java.io.IOException e) {
        if (i == 100) {
          throw e;
        }
      }
    }
  }

  static void await(int port) throws Exception {
    for (int i = 0; ; i++) {
      try (Socket k = new Socket()) {
        k.connect(new InetSocketAddress("127.0.0.1", port), 200);
        return;
      } catch (java.io.IOException e) {
        if (i == 600) {
          throw e;
        }
        Thread.sleep(100);
      }
    }
  }
}
