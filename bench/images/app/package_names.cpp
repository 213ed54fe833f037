#include "bench/images/app/package_names.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace bench {

namespace {

/// Where Debian's name does not follow from the project's: its Python policy names packages after the module.
const std::map<std::string, std::string>& odd_packages() {
  static const std::map<std::string, std::string> odd = {
      {"argon2-cffi", "python3-argon2"},
      {"attrs", "python3-attr"},
      {"beautifulsoup4", "python3-bs4"},
      {"black", "black"},
      {"cassandra-driver", "python3-cassandra"},
      {"cython", "cython3"},
      {"faker", "python3-fake-factory"},
      {"flask-jwt-extended", "python3-python-flask-jwt-extended"},
      {"flask-security-too", "python3-flask-security"},
      {"gitpython", "python3-git"},
      {"google-api-python-client", "python3-googleapi"},
      {"grpcio", "python3-grpcio"},
      {"grpcio-tools", "python3-grpc-tools"},
      {"mysql-connector-python", "python3-mysql.connector"},
      {"mysqlclient", "python3-mysqldb"},
      {"opencv-python", "python3-opencv"},
      {"opencv-python-headless", "python3-opencv"},
      {"pillow", "python3-pil"},
      {"psycopg2-binary", "python3-psycopg2"},
      {"pycryptodomex", "python3-pycryptodome"},
      {"pygithub", "python3-github"},
      {"pyhamcrest", "python3-hamcrest"},
      {"pyjwt", "python3-jwt"},
      {"pylint", "pylint"},
      {"pynacl", "python3-nacl"},
      {"pyopenssl", "python3-openssl"},
      {"pyserial", "python3-serial"},
      {"pysocks", "python3-socks"},
      {"python-json-logger", "python3-pythonjsonlogger"},
      {"pytz", "python3-tz"},
      {"pyyaml", "python3-yaml"},
      {"pyzmq", "python3-zmq"},
      {"scikit-image", "python3-skimage"},
      {"scikit-learn", "python3-sklearn"},
      {"tzdata", "tzdata"},
      {"websocket-client", "python3-websocket"},
  };
  return odd;
}

/// Extras of projects that are met in web apps. Nothing added: what the extra means comes with the package,
/// or is how pip's own build differs.
const std::map<std::string, std::vector<std::string>>& extras() {
  static const std::map<std::string, std::vector<std::string>> known = {
      {"celery[redis]", {"redis"}},
      {"celery[sqlalchemy]", {"sqlalchemy"}},
      {"coverage[toml]", {}},
      {"flask[async]", {"asgiref"}},
      {"flask[dotenv]", {"python-dotenv"}},
      {"flask-caching[redis]", {"redis"}},
      {"gunicorn[eventlet]", {"eventlet"}},
      {"gunicorn[gevent]", {"gevent"}},
      {"gunicorn[gthread]", {}},
      {"gunicorn[setproctitle]", {"setproctitle"}},
      {"httpx[brotli]", {"brotli"}},
      {"httpx[http2]", {"h2"}},
      {"httpx[socks]", {"socksio"}},
      {"passlib[argon2]", {"argon2-cffi"}},
      {"passlib[bcrypt]", {"bcrypt"}},
      {"psycopg[binary]", {}},
      {"psycopg[c]", {}},
      {"psycopg[pool]", {"psycopg-pool"}},
      {"psycopg2[binary]", {}},
      {"pydantic[dotenv]", {"python-dotenv"}},
      {"pydantic[email]", {"email-validator"}},
      {"pyjwt[crypto]", {"cryptography"}},
      {"pymongo[srv]", {"dnspython"}},
      {"pymongo[tls]", {}},
      {"pymysql[rsa]", {"cryptography"}},
      {"python-jose[cryptography]", {"cryptography"}},
      {"redis[hiredis]", {"hiredis"}},
      {"requests[security]", {}},
      {"requests[socks]", {"pysocks"}},
      {"sentry-sdk[flask]", {"flask", "blinker"}},
      {"sqlalchemy[asyncio]", {"greenlet"}},
      {"sqlalchemy[mypy]", {}},
      {"sqlalchemy[postgresql]", {"psycopg2"}},
      {"urllib3[brotli]", {"brotli"}},
      {"urllib3[secure]", {}},
      {"urllib3[socks]", {"pysocks"}},
      {"uvicorn[standard]", {"httptools", "uvloop", "websockets", "pyyaml", "python-dotenv"}},
      {"watchdog[watchmedo]", {"pyyaml"}},
  };
  return known;
}

}  // namespace

std::string normalised_project(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == '.') {
      if (!result.empty() && result.back() != '-') result += '-';
    } else {
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return result;
}

std::vector<std::string> packages_of_project(const std::string& project) {
  std::vector<std::string> packages;
  if (const auto found = odd_packages().find(project); found != odd_packages().end())
    packages.push_back(found->second);
  for (const std::string_view prefix : {"python3-", "python-", "py3-"}) {
    if (project.starts_with(prefix)) packages.push_back("python3-" + project.substr(prefix.size()));
  }
  packages.push_back("python3-" + project);
  constexpr std::string_view kFlask = "flask-";
  if (project.starts_with(kFlask)) packages.push_back("python3-flaskext." + project.substr(kFlask.size()));
  if (const auto dash = project.find('-'); dash != std::string::npos) {
    // Debian keeps the dots of names such as zope.interface.
    packages.push_back("python3-" + project.substr(0, dash) + "." + project.substr(dash + 1));
  }
  return packages;
}

ExtraProjects projects_of_extra(const std::string& project, const std::string& extra) {
  const auto found = extras().find(project + "[" + normalised_project(extra) + "]");
  if (found == extras().end()) return {};
  return {true, found->second};
}

bool dispensable_project(const std::string& project) {
  static const std::set<std::string> names = {
      "black",       "bjoern",     "build",      "cherrypy",    "daphne",     "debugpy", "flake8",
      "gunicorn",    "hypercorn",  "ipython",    "isort",       "meinheld",   "mypy",    "pip",
      "pip-tools",   "pipenv",     "poetry",     "poetry-core", "pre-commit", "pylint",  "pytest",
      "pytest-cov",  "ruff",       "setuptools", "tox",         "uv",         "uvicorn", "uwsgi",
      "uwsgi-flask", "virtualenv", "waitress",   "wheel",       "a2wsgi",
  };
  return names.contains(project);
}

}  // namespace bench
