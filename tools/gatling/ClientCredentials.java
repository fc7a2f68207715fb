import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.responseTimeInMillis;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.core.Simulation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Requests tokens by the client-credentials grant at arrival rates that rise in steps: the load of scripts/token-capacity.js, with
 * the request of keycloak-benchmark's scenario authentication.ClientSecret. The environment has the same variables as for k6;
 * STEP and WARM_UP are whole seconds here. RESULT_FILE gets the steps as k6 writes them.
 */
public final class ClientCredentials extends Simulation {
    /** A step of the load, and what came of it. */
    private static final class Step {
        final long rate;
        final List<Integer> times = Collections.synchronizedList(new ArrayList<>());
        final List<Boolean> granted = Collections.synchronizedList(new ArrayList<>());

        Step(long rate) {
            this.rate = rate;
        }

        Session add(Session session) {
            granted.add(!session.isFailed());
            if (session.contains("time")) {
                times.add(session.getInt("time"));
            }
            return session;
        }

        String json(Duration length) {
            long ok = granted.stream().filter(Boolean::booleanValue).count();
            List<Integer> sorted = times.stream().sorted().collect(Collectors.toList());
            int p95 = sorted.isEmpty() ? 0 : sorted.get((int) Math.ceil(0.95 * sorted.size()) - 1);
            return String.format(Locale.ROOT, "{\"rate\": %d, \"granted\": %f, \"p95\": %d, \"failed\": %f}", rate,
                    (double) ok / length.toSeconds(), p95, 1 - (double) ok / Math.max(granted.size(), 1));
        }
    }

    private final List<Step> all = new ArrayList<>();
    private final Duration length = Duration.ofSeconds(number("STEP"));

    public ClientCredentials() {
        int from = number("FROM");
        int to = number("TO");
        int steps = number("STEPS");
        Duration warmUp = Duration.ofSeconds(number("WARM_UP"));

        List<PopulationBuilder> populations = new ArrayList<>();
        populations.add(scenario("warm-up").exec(token(new Step(from)))
                .injectOpen(constantUsersPerSec(from).during(warmUp)));
        for (int i = 0; i < steps; i++) {
            Step step = new Step(Math.round(steps == 1 ? to : from + (double) i * (to - from) / (steps - 1)));
            all.add(step);
            populations.add(scenario("step " + (i + 1)).exec(token(step)).injectOpen(
                    nothingFor(warmUp.plus(length.multipliedBy(i))), constantUsersPerSec(step.rate).during(length)));
        }
        setUp(populations).protocols(http.shareConnections().disableFollowRedirect());
    }

    @Override
    public void after() {
        String steps = all.stream().map(step -> step.json(length)).collect(Collectors.joining(",\n"));
        try {
            Files.writeString(Path.of(text("RESULT_FILE")), "{\"steps\": [\n" + steps + "\n]}\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ChainBuilder token(Step step) {
        return exec(http("token").post(text("TOKEN_URL"))
                .basicAuth(text("CLIENT_ID"), text("CLIENT_SECRET"))
                .formParam("grant_type", "client_credentials")
                .check(responseTimeInMillis().saveAs("time"), status().is(200), jsonPath("$.access_token").exists()))
                .exec(step::add);
    }

    private static String text(String name) {
        String value = System.getenv(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException(name + " is not set");
        }
        return value;
    }

    private static int number(String name) {
        return Integer.parseInt(text(name));
    }
}
