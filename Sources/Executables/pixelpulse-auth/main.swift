import Auth
import ServiceKit
import Sessions

let program = ServiceProgram(
    "pixelpulse-auth", "Accounts and sessions of PixelPulse, as a service", port: 9001, options: [SessionOwner.option])

let arguments = program.parse()
program.serve(arguments) { data in
    let settings = ServiceSettings(dataFolder: data, arguments, log: program.say)
    return (try AuthService(AuthConfiguration(settings)).app, ServiceHooks())
}
