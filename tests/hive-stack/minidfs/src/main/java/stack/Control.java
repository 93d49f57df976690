package stack;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.server.datanode.DataNode;

/**
 * Stops and starts DataNodes at the word of whoever connects: one line "stop-dn N" or "start-dn N", N from 0, answered
 * by "OK .." or "ERROR ..".
 */
final class Control {
  private final MiniDFSCluster dfs;
  /** The DataNodes by their number, which the cluster's own list does not keep. Null: stopped. */
  private final List<DataNode> running;
  private final MiniDFSCluster.DataNodeProperties[] stopped;

  private Control(MiniDFSCluster dfs) {
    this.dfs = dfs;
    this.running = new ArrayList<>(dfs.getDataNodes());
    this.stopped = new MiniDFSCluster.DataNodeProperties[running.size()];
  }

  /** Listens on a free port of 127.0.0.1 and gives it. */
  static int listen(MiniDFSCluster dfs) throws IOException {
    Control control = new Control(dfs);
    ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(() -> control.serve(server), "control");
    thread.setDaemon(true);
    thread.start();
    return server.getLocalPort();
  }

  private void serve(ServerSocket server) {
    while (true) {
      try (Socket socket = server.accept()) {
        socket.setSoTimeout(10_000);
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        OutputStream out = socket.getOutputStream();
        String answer;
        try {
          answer = "OK " + carryOut(String.valueOf(in.readLine()).trim().split(" "));
        } catch (Exception e) {
          e.printStackTrace();
          answer = "ERROR " + e;
        }
        out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        e.printStackTrace();
      }
    }
  }

  private String carryOut(String[] words) throws Exception {
    if (words.length != 2) {
      throw new IllegalArgumentException("stop-dn N or start-dn N");
    }
    int number = Integer.parseInt(words[1]);
    if (number < 0 || number >= running.size()) {
      throw new IllegalArgumentException("there are the DataNodes 0 to " + (running.size() - 1));
    }
    switch (words[0]) {
      case "stop-dn":
        if (running.get(number) == null) {
          return number + " was stopped already";
        }
        String address = running.get(number).getXferAddress().toString();
        stopped[number] = dfs.stopDataNode(dfs.getDataNodes().indexOf(running.get(number)));
        running.set(number, null);
        return number + " at " + address + " is stopped";
      case "start-dn":
        if (running.get(number) != null) {
          return number + " runs already";
        }
        // On its old ports, which the NameNode and clients know.
        dfs.restartDataNode(stopped[number], true);
        List<DataNode> all = dfs.getDataNodes();
        running.set(number, all.get(all.size() - 1));
        // Not the cluster's waitActive: it would wait for the stopped ones too, which the NameNode still counts.
        dfs.waitDatanodeFullyStarted(running.get(number), 60_000);
        dfs.waitDatanodeConnectedToActive(running.get(number), 60_000);
        return number + " at " + running.get(number).getXferAddress() + " runs";
      default:
        throw new IllegalArgumentException("stop-dn N or start-dn N");
    }
  }
}
