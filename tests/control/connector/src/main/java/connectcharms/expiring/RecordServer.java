package connectcharms.expiring;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.io.StringReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** The server of records, as its clients see it. */
final class RecordServer {
  /** The token, or the refresh token, is not accepted any more. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String what) {
      super(what);
    }
  }

  private static final int TIMEOUT_MS = 10_000;

  private final String url;

  RecordServer(String url) {
    this.url = url;
  }

  /** The lines of the records that come after a number, each with its number first; none when there are none yet. */
  List<String> after(long number, String token) throws IOException, Refused {
    HttpURLConnection request = open("/records?after=" + number);
    request.setRequestProperty("Authorization", "Bearer " + token);
    return answer(request, "the token").lines().toList();
  }

  /** What the connector is to be configured with from now on: the next tokens, and whatever else the server says. */
  Map<String, String> refresh(String refreshToken) throws IOException, Refused {
    HttpURLConnection request = open("/token");
    request.setDoOutput(true);
    request.setRequestProperty("Content-Type", "application/x-www-form-urlencoded");
    String form = "grant_type=refresh_token&refresh_token=" + URLEncoder.encode(refreshToken, StandardCharsets.UTF_8);
    byte[] bytes = form.getBytes(StandardCharsets.UTF_8);
    // A body of a fixed length is sent once: otherwise Java repeats the request where no answer came, with a token that is used up by then.
    request.setFixedLengthStreamingMode(bytes.length);
    try (OutputStream body = request.getOutputStream()) {
      body.write(bytes);
    }
    Properties said = new Properties();
    said.load(new StringReader(answer(request, "the refresh token")));
    Map<String, String> config = new TreeMap<>();
    said.stringPropertyNames().forEach(key -> config.put(key, said.getProperty(key)));
    return config;
  }

  private HttpURLConnection open(String path) throws IOException {
    HttpURLConnection request = (HttpURLConnection) URI.create(url + path).toURL().openConnection();
    request.setConnectTimeout(TIMEOUT_MS);
    request.setReadTimeout(TIMEOUT_MS);
    return request;
  }

  private static String answer(HttpURLConnection request, String credential) throws IOException, Refused {
    int status = request.getResponseCode();
    if (status == HttpURLConnection.HTTP_UNAUTHORIZED) {
      throw new Refused(credential + " is not accepted any more");
    }
    if (status != HttpURLConnection.HTTP_OK) {
      throw new IOException("the server of records answers " + status);
    }
    try (Reader body = new InputStreamReader(request.getInputStream(), StandardCharsets.UTF_8)) {
      StringBuilder text = new StringBuilder();
      char[] some = new char[4096];
      for (int read = body.read(some); read >= 0; read = body.read(some)) {
        text.append(some, 0, read);
      }
      return text.toString();
    }
  }
}
