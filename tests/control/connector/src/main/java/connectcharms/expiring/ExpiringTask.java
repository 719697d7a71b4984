package connectcharms.expiring;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** Reads records with the token that it has, and gets the next one when that expires. */
public final class ExpiringTask extends SourceTask {
  private static final String NUMBER = "number";

  private Settings settings;
  private RecordServer server;
  private ControlMessages control;
  private String token;
  private String refreshToken;
  private Map<String, String> partition;
  private long number;
  private long waitingSince;

  @Override
  public String version() {
    return ExpiringSource.VERSION;
  }

  @Override
  public void start(Map<String, String> properties) {
    settings = new Settings(properties);
    server = new RecordServer(settings.getString(Settings.URL));
    control = new ControlMessages(settings);
    token = settings.getPassword(Settings.TOKEN).value();
    refreshToken = settings.getPassword(Settings.REFRESH_TOKEN).value();
    partition = Map.of(Settings.URL, settings.getString(Settings.URL));
    Map<String, Object> offset = context.offsetStorageReader().offset(partition);
    number = offset == null ? 0 : ((Number) offset.get(NUMBER)).longValue();
  }

  @Override
  public List<SourceRecord> poll() throws InterruptedException {
    try {
      List<String> lines = server.after(number, token);
      if (lines.isEmpty()) {
        return later();
      }
      return lines.stream().map(this::record).toList();
    } catch (RecordServer.Refused expired) {
      return refresh();
    } catch (IOException e) {
      throw new RetriableException("read records after " + number, e);
    }
  }

  @Override
  public void stop() {
    if (control != null) {
      control.close();
    }
  }

  private SourceRecord record(String line) {
    number = Long.parseLong(line.substring(0, line.indexOf(' ')));
    return new SourceRecord(partition, Map.of(NUMBER, number), settings.getString(Settings.TOPIC), Schema.STRING_SCHEMA, line);
  }

  private List<SourceRecord> refresh() throws InterruptedException {
    try {
      Map<String, String> config = server.refresh(refreshToken);
      control.configure(config);
      token = config.get(Settings.TOKEN);
      refreshToken = config.get(Settings.REFRESH_TOKEN);
      waitingSince = 0;
      return later();
    } catch (RecordServer.Refused used) {
      return newerConfiguration(used);
    } catch (IOException e) {
      throw new RetriableException("refresh the token", e);
    }
  }

  /**
   * This task was started with a refresh token that was used before: an earlier task has said so, and what it got instead is on its way
   * here, with another configuration and another task.
   */
  private List<SourceRecord> newerConfiguration(RecordServer.Refused used) throws InterruptedException {
    long now = System.nanoTime();
    if (waitingSince == 0) {
      waitingSince = now;
    }
    if ((now - waitingSince) / 1_000_000 > settings.getLong(Settings.PATIENCE)) {
      throw new ConnectException("the credentials were used before, and nobody brings the newer ones", used);
    }
    return later();
  }

  private List<SourceRecord> later() throws InterruptedException {
    Thread.sleep(settings.getLong(Settings.INTERVAL));
    return null;
  }
}
