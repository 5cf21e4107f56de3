import Arguments
import Auth
import ServiceKit
import Sessions

let program = ServiceProgram(
    "pixelpulse-auth", "Accounts and sessions of PixelPulse, as a service", port: 9001, options: [SessionOwner.option])

let arguments = program.parse()
program.serve(arguments) { data in
    var configuration = AuthConfiguration(
        dataFolder: data, tokenKeyFile: arguments["token-key"], owner: arguments["owner"])
    configuration.log = program.say
    return (try AuthService(configuration).app, ServiceHooks())
}
