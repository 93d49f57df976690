package stack;

import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hive.metastore.HiveMetaStore;

/** A standalone Hive Metastore (Thrift) that owns the Derby database. args: base dir, port (0 = a free one), key=value... */
public class Ms {
  public static void main(String[] a) throws Exception {
    long start = System.currentTimeMillis();
    Owner.watch();
    File base = new File(a[0]).getAbsoluteFile();
    int port = Hs2.port(a[1]);
    System.setProperty("derby.system.home", base.getPath());
    System.setProperty("derby.stream.error.file", new File(base, "derby.log").getPath());
    File db = new File(base, "metastore_db");
    String url = "jdbc:derby:" + db;
    boolean other = java.util.Arrays.stream(a).anyMatch(x -> x.startsWith("javax.jdo.option.ConnectionURL="));
    if (!other && !db.exists()) {
      Hs2.createSchema(url);
    }
    Configuration site = new Configuration(false);
    site.addResource("stack-site.xml");
    site.set("stack.base", new File(base, "local-ms").getPath());
    site.set("javax.jdo.option.ConnectionURL", url);
    site.set("metastore.thrift.bind.host", "127.0.0.1");
    site.set("metastore.thrift.port", String.valueOf(port));
    site.set("metastore.housekeeping.threads.on", "true");
    for (int i = 2; i < a.length; i++) {
      int eq = a[i].indexOf('=');
      site.set(a[i].substring(0, eq), a[i].substring(eq + 1));
    }
    try (OutputStream o = new FileOutputStream(new File(base, "conf-ms/hive-site.xml"))) {
      site.writeXml(o);
    }
    Thread t = new Thread(() -> {
      try {
        HiveMetaStore.main(new String[] {"-p", String.valueOf(port)});
      } catch (Throwable e) {
        e.printStackTrace();
        System.exit(1);
      }
    });
    t.start();
    Hs2.await(port);
    System.out.println("READY hms=thrift://127.0.0.1:" + port + " ms=" + (System.currentTimeMillis() - start));
    t.join();
  }
}
