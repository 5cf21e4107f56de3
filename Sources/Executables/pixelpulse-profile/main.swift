import Profile
import ServiceKit
import Sessions

let program = ServiceProgram(
    "pixelpulse-profile", "Profiles and galleries of PixelPulse, as a service", port: 9003,
    options: [SessionOwner.option])

let arguments = program.parse()
program.serve(arguments) { data in
    let settings = ServiceSettings(dataFolder: data, arguments, log: program.say)
    return (try ProfileService(settings).app, ServiceHooks())
}
