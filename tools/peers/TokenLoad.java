import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;

/** USERS users who request tokens for SECONDS seconds, at full speed, or RATE users per second with one token each. */
public final class TokenLoad extends Simulation {
    public TokenLoad() {
        ChainBuilder token = exec(http("token").post(System.getenv("TOKEN_URL"))
                .basicAuth(System.getenv("CLIENT_ID"), System.getenv("CLIENT_SECRET"))
                .formParam("grant_type", "client_credentials")
                .formParam("scope", System.getenv("SCOPE"))
                .check(status().is(200), jsonPath("$.access_token").exists()));
        Duration duration = Duration.ofSeconds(Integer.parseInt(System.getenv("SECONDS")));
        String rate = System.getenv("RATE");
        if (rate == null) {
            int users = Integer.parseInt(System.getenv("USERS"));
            setUp(scenario("users").during(duration).on(token).injectOpen(atOnceUsers(users)))
                    .protocols(http.disableFollowRedirect());
        } else {
            setUp(scenario("arrivals").exec(token)
                    .injectOpen(constantUsersPerSec(Integer.parseInt(rate)).during(duration)))
                    .protocols(http.shareConnections().disableFollowRedirect());
        }
    }
}
