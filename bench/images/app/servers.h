#pragma once

#include <string>
#include <vector>

#include "bench/images/app/start_command.h"

namespace bench {

/// Servers in whose place `flask run` starts an app: gunicorn, waitress, uvicorn, hypercorn, uWSGI. Fills in
/// the app, port and directory that its words name. False where `name` is none of them. Throws Error{kUsage}
/// where the words do not say which app it is.
bool take_server(const std::string& name, const std::vector<std::string>& arguments, const StartFiles& files,
                 const std::string& where, StartCommand& start);

/// The arguments of `flask`: false where they are not of `flask run`.
bool take_flask(const std::vector<std::string>& arguments, const std::string& where, StartCommand& start);

/// `python FILE`: what the file's own `run(…)` says of debug and port.
void take_program(const std::string& file, const StartFiles& files, const std::string& where,
                  StartCommand& start);

}  // namespace bench
