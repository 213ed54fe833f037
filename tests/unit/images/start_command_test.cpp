#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "bench/base/error.h"
#include "bench/images/build/dockerfile.h"

namespace bench {
namespace {

using Words = std::vector<std::string>;
using Files = std::map<std::string, std::string>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

AppConfig config_of(const std::string& dockerfile, const Files& files = {}) {
  AppListing listing;
  for (const auto& [name, text] : files) listing.names.push_back(name);
  listing.read = [files](const std::string& name) -> std::optional<std::string> {
    const auto found = files.find(name);
    if (found == files.end()) return std::nullopt;
    return found->second;
  };
  return parse_dockerfile("FROM x\nWORKDIR /app\n" + dockerfile, listing);
}

AppConfig started(const std::string& command, const Files& files = {}) {
  return config_of((files.empty() ? "" : "COPY . .\n") + ("CMD " + command + "\n"), files);
}

std::string start_refusal(const std::string& dockerfile, const Files& files = {}) {
  try {
    config_of(dockerfile, files);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << dockerfile;
    EXPECT_FALSE(error.remedy().empty()) << dockerfile;
    return error.what();
  }
  return "";
}

TEST(StartCommand, AnyPythonIsPython3) {
  for (const char* command : {"[\"python\", \"-m\", \"flask\", \"run\"]", "python3.11 -m flask run",
                              "/usr/local/bin/python -m flask run", "exec .venv/bin/python3 -m flask run"}) {
    EXPECT_EQ(started(command).command, (Words{"python3", "-m", "flask", "run", "--host=0.0.0.0"}))
        << command;
  }
  EXPECT_EQ(started("python -u -X dev -m flask run").command,
            (Words{"python3", "-u", "-X", "dev", "-m", "flask", "run", "--host=0.0.0.0"}));
  EXPECT_EQ(started("/opt/venv/bin/flask run").command, (Words{"flask", "run", "--host=0.0.0.0"}));
  const AppConfig split = config_of("ENTRYPOINT [\"python\"]\nCMD [\"-m\", \"flask\", \"run\"]\n");
  EXPECT_EQ(split.command, (Words{"python3", "-m", "flask", "run", "--host=0.0.0.0"}));
  EXPECT_EQ(split.port, 5000);
}

TEST(StartCommand, DebuggingIsAVariableThatEveryFlaskKnows) {
  for (const char* command : {"flask run --debug", "flask --debug run", "flask --app x --debug run -p 80"}) {
    const AppConfig config = started(command);
    EXPECT_EQ(config.env.at("FLASK_DEBUG"), "1") << command;
    EXPECT_THAT(config.command, ::testing::Not(::testing::Contains("--debug"))) << command;
    EXPECT_TRUE(reloads(config, "2.2.2")) << command;
  }
  EXPECT_EQ(started("flask run --no-debug").env.at("FLASK_DEBUG"), "0");
  EXPECT_FALSE(reloads(started("flask run --no-debug"), "2.2.2"));
  EXPECT_FALSE(reloads(started("flask run --debug --no-reload"), "2.2.2"));
  EXPECT_TRUE(reloads(started("flask run --reload"), "3.0"));
}

TEST(StartCommand, DevelopmentIsDebuggingUntilFlask23) {
  const AppConfig config = config_of("ENV FLASK_ENV=development\nCMD flask run\n");
  EXPECT_TRUE(reloads(config, "2.2.2"));
  EXPECT_FALSE(reloads(config, "2.3.1"));
  EXPECT_FALSE(reloads(config_of("ENV FLASK_ENV=production\nCMD flask run\n"), "2.2.2"));
  EXPECT_FALSE(reloads(config_of("ENV FLASK_ENV=development FLASK_DEBUG=0\nCMD flask run\n"), "2.2.2"));
}

TEST(StartCommand, APortThatThePlatformWouldSetIsFlasksOwn) {
  EXPECT_EQ(started("flask run --host=0.0.0.0 --port=$PORT").port, 5000);
  EXPECT_EQ(started("flask run -p ${PORT:-8081}").port, 8081);
  EXPECT_EQ(config_of("ENV PORT=7000\nCMD flask run --port=$PORT\n").port, 7000);
  EXPECT_EQ(config_of("ENV FLASK_RUN_PORT=7001\nCMD flask run\n").port, 7001);
  EXPECT_THAT(start_refusal("CMD [\"flask\", \"run\", \"--port=$PORT\"]\n"),
              HasSubstr("Dockerfile line 3: the port \"$PORT\""));
}

TEST(StartCommand, WhereNobodyReachesItItListensEverywhere) {
  const AppConfig config = started("flask run --host=127.0.0.1");
  EXPECT_EQ(config.command, (Words{"flask", "run", "--host=0.0.0.0"}));
  EXPECT_THAT(config.notes, ElementsAre(HasSubstr("127.0.0.1")));
}

TEST(StartCommand, TheAppIsTheOneThatTheServerNames) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"gunicorn -w 4 -b 0.0.0.0:80 shop:server", "shop:server"},
      {"gunicorn --bind=:80 --preload 'shop:create_app()'", "shop:create_app()"},
      {"[\"gunicorn\", \"--workers\", \"2\", \"--bind\", \"0.0.0.0:80\", \"pkg.wsgi\"]",
       "pkg.wsgi:application"},
      {"gunicorn -w4 --access-logfile - -b 0:80 shop:app", "shop:app"},
      {"python -m gunicorn shop:app -b 0:80", "shop:app"},
      {"waitress-serve --port=80 shop:app", "shop:app"},
      {"waitress-serve --listen=*:80 --call shop:create_app", "shop:create_app()"},
      {"hypercorn shop:app --bind 0.0.0.0:80", "shop"},
      {"uvicorn shop:asgi --host 0.0.0.0 --port 80", "shop"},
      {"uwsgi --http 0.0.0.0:80 --master -p 4 -w shop:app", "shop:app"},
      {"uwsgi --http :80 --wsgi-file shop.py --callable server", "shop.py:server"},
      {"opentelemetry-instrument gunicorn shop:app -b :80", "shop:app"},
  };
  for (const auto& [command, app] : rows) {
    const AppConfig config = started(command);
    EXPECT_EQ(config.flask_app, app) << command;
    EXPECT_EQ(config.port, 80) << command;
    EXPECT_EQ(config.command, (Words{"python3", "-m", "flask", "run", "--host=0.0.0.0", "--port=80"}))
        << command;
    EXPECT_THAT(config.notes.front(), HasSubstr("in place of")) << command;
  }
  EXPECT_EQ(started("gunicorn --chdir src shop:app").workdir, "/app/src");
  EXPECT_EQ(started("gunicorn -e A=1 --env B=2 shop:app").env.at("B"), "2");
  EXPECT_EQ(config_of("ENV FLASK_APP=other\nCMD gunicorn shop:app\n").flask_app, "shop:app");
}

TEST(StartCommand, WhatAServersOwnFileSaysIsRead) {
  const Files gunicorn = {{"gunicorn.conf.py", "bind = \"0.0.0.0:81\"\nwsgi_app = 'shop:app'\n"}};
  EXPECT_EQ(started("gunicorn", gunicorn).flask_app, "shop:app");
  EXPECT_EQ(started("gunicorn", gunicorn).port, 81);
  const Files uwsgi = {{"uwsgi.ini", "[uwsgi]\nmodule = shop:app\nhttp = :82\n"}};
  EXPECT_EQ(started("uwsgi uwsgi.ini", uwsgi).flask_app, "shop:app");
  EXPECT_EQ(started("uwsgi --ini uwsgi.ini", uwsgi).port, 82);
  EXPECT_THAT(start_refusal("CMD gunicorn -w 4\n"), HasSubstr("does not say which app"));
}

TEST(StartCommand, AProgramOfPythonNamesTheAppAndDebugging) {
  const Files files = {
      {"main.py",
       "app = 1\nif __name__ == '__main__':\n    app.run(host='0.0.0.0', port=8085, debug=True)\n"},
      {"plain.py", "app.run()\n"}};
  const AppConfig config = started("[\"python\", \"main.py\"]", files);
  EXPECT_EQ(config.flask_app, "main.py");
  EXPECT_EQ(config.port, 8085);
  EXPECT_TRUE(reloads(config, "3.0"));
  EXPECT_FALSE(reloads(started("python3 plain.py", files), "2.2.2"));
  EXPECT_EQ(started("python -m shop.main", files).flask_app, "shop.main");
  EXPECT_THAT(start_refusal("COPY . .\nCMD python missing.py\n", files),
              HasSubstr("Dockerfile line 4: there is no file /app/missing.py"));
}

TEST(StartCommand, AChainOfTheShellsIsCutWithAWord) {
  for (const char* command : {"flask db upgrade && flask run --port=81",
                              "[\"sh\", \"-c\", \"flask db upgrade && exec flask run --port=81\"]",
                              "/bin/bash -ec 'flask db upgrade; flask run --port=81 2>&1 | tee log'"}) {
    const AppConfig config = started(command);
    EXPECT_EQ(config.port, 81) << command;
    EXPECT_EQ(config.command, (Words{"flask", "run", "--host=0.0.0.0", "--port=81"})) << command;
    EXPECT_THAT(config.notes, ElementsAre(HasSubstr("Dockerfile line 3: not done: flask db upgrade")))
        << command;
  }
  const Files files = {{"seed.py", "x"}, {"app.py", "x"}};
  EXPECT_THAT(started("python seed.py && python app.py", files).flask_app, "app.py")
      << "the last is the server";
  EXPECT_EQ(started("export PORT=85; gunicorn shop:app -b :$PORT").port, 85);
  EXPECT_EQ(started("flask run --port $PORT --no-reload").port, 5000);
  const AppConfig moved = started("cd src && export A=1 && B=$A FLASK_APP=shop flask run");
  EXPECT_EQ(moved.workdir, "/app/src");
  EXPECT_EQ(moved.env.at("B"), "1");
  EXPECT_EQ(moved.flask_app, "shop");
  EXPECT_THAT(moved.notes, IsEmpty());
}

TEST(StartCommand, WrappersAreNotTheServer) {
  for (const char* command :
       {"[\"uv\", \"run\", \"flask\", \"run\", \"--host\", \"0.0.0.0\", \"--port\", \"5000\"]",
        "uv run --no-sync --with x flask run -p 5000", "poetry run flask run -p 5000",
        "pipenv run flask run -p 5000", "tini -- flask run -p 5000", "env A=1 flask run -p 5000",
        "conda run --no-capture-output -n web flask run -p 5000"}) {
    EXPECT_EQ(started(command).command, (Words{"flask", "run", "--host=0.0.0.0", "--port=5000"})) << command;
    EXPECT_THAT(started(command).notes, IsEmpty()) << command;
  }
  const AppConfig debugpy = started("python -m debugpy --listen 0.0.0.0:5678 -m flask run");
  EXPECT_EQ(debugpy.command, (Words{"python3", "-m", "flask", "run", "--host=0.0.0.0"}));
  EXPECT_THAT(debugpy.notes, ElementsAre(HasSubstr("debugpy")));
}

TEST(StartCommand, AScriptOfTheAppsIsReadThrough) {
  const Files files = {
      {"boot.sh",
       "#!/bin/bash\n# start\nset -e\nwhile true; do\n  flask db upgrade\n  if [ $? = 0 ]; then break; fi\n"
       "done\nexec gunicorn -b :83 --access-logfile - \\\n  shop:app\n"},
      {"entry.sh", "#!/bin/sh\nexport A=1\nexec \"$@\"\n"},
      {"either.sh", "if [ -n \"$DEV\" ]; then\n  flask run\nelse\n  gunicorn shop:app\nfi\n"}};
  for (const char* command :
       {"./boot.sh", "[\"sh\", \"boot.sh\"]", "[\"/app/boot.sh\"]", "bash -x ./boot.sh"}) {
    const AppConfig config = started(command, files);
    EXPECT_EQ(config.flask_app, "shop:app") << command;
    EXPECT_EQ(config.port, 83) << command;
    EXPECT_THAT(config.notes, ::testing::Contains(HasSubstr("flask db upgrade"))) << command;
  }
  const AppConfig handed =
      config_of("COPY . .\nENTRYPOINT [\"./entry.sh\"]\nCMD [\"flask\", \"run\", \"-p\", \"84\"]\n", files);
  EXPECT_EQ(handed.port, 84);
  EXPECT_EQ(handed.env.at("A"), "1");
  EXPECT_THAT(start_refusal("COPY . .\nCMD ./either.sh\n", files), HasSubstr("depends on a condition"));
}

TEST(StartCommand, WhatIsNoServerIsRefusedWithItsLine) {
  for (const char* command : {"CMD npm start", "CMD [\"nginx\", \"-g\", \"daemon off;\"]",
                              "CMD python -c 'print(1)'", "CMD flask db upgrade", "CMD ./missing.sh",
                              "ENTRYPOINT [\"supervisord\"]", "CMD celery -A x worker"}) {
    EXPECT_THAT(start_refusal(std::string("RUN make\n") + command + "\n"),
                HasSubstr("Dockerfile line 4: no server"))
        << command;
  }
}

}  // namespace
}  // namespace bench
